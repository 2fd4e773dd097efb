import { type IconName, shapes } from './icon-shapes.ts';

export type { IconName } from './icon-shapes.ts';

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  );
}
