import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';

/** A button that opens a list of actions: arrows, Home, End, Escape; a click elsewhere closes it (WAI-ARIA menu button). */
export function Menu({
  label,
  face,
  className,
  named = false,
  children,
}: {
  label: string;
  face: ReactNode;
  /** The face says what the button is called; else the label does. */
  named?: boolean;
  className: string;
  children: ReactNode;
}) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!open) return;
    itemsIn(box.current)[0]?.focus();
    const away = (event: PointerEvent) => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [open]);

  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!open) return;
    const all = itemsIn(box.current);
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined && all.length > 0) {
      event.preventDefault();
      all[to % all.length]?.focus();
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      close();
    } else if (event.key === 'Tab') {
      setOpen(false);
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys of the button and the items arrive here
    <div className="menu" ref={box} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={named ? undefined : label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        {face}
      </button>
      {open && (
        // biome-ignore lint/a11y/useKeyWithClickEvents: items are buttons, their keys click
        <div id={id} className="menu-list" role="menu" aria-label={label} tabIndex={-1} onClick={close}>
          {children}
        </div>
      )}
    </div>
  );
}

function itemsIn(box: HTMLElement | null): HTMLElement[] {
  return [...(box?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
}

export function MenuItem({ children, onChoose }: { children: ReactNode; onChoose: () => void }) {
  return (
    <button type="button" className="menu-item" role="menuitem" onClick={onChoose}>
      {children}
    </button>
  );
}

/** One of several states, of which one holds. */
export function MenuChoice({
  children,
  onChoose,
  checked,
}: {
  children: ReactNode;
  onChoose: () => void;
  checked: boolean;
}) {
  return (
    <button type="button" className="menu-item" role="menuitemradio" aria-checked={checked} onClick={onChoose}>
      {children}
    </button>
  );
}
