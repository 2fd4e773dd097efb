// Words of the page for imports.
import { type Say, useWords, type Words } from '../../i18n/words.ts';

const en = {
  'of.agents': 'People',
  'of.dids': 'Numbers',
  what: 'What to import',
  columns: 'Columns of the first line: {columns}. What is left out stays as it is.',
  choose: 'Choose a file',
  csv: 'CSV',
  hint: 'Or paste it here, with a first line of column names.',
  passwords: 'Make passwords for people who have none',
  check: 'Check',
  import: 'Import',
  'nothing-yet': 'Nothing is changed before you import.',
  created: 'Would be created',
  changed: 'Would be changed',
  'done-created': 'Created',
  'done-changed': 'Changed',
  done: 'Imported.',
  none: 'none',
  problems: 'Problems',
  'problems-hint': 'Nothing was imported: it is all or none.',
  line: 'Line',
  column: 'Column',
  reason: 'What is wrong',
  secrets: 'Passwords that were made',
  'secrets-hint': 'They are shown only now.',
  login: 'Login',
  password: 'Password',
  'sip-secret': 'Password of the phone',
  download: 'Download',
};

export type ImportWord = keyof typeof en;

const zh: Record<ImportWord, string> = {
  'of.agents': '人员',
  'of.dids': '号码',
  what: '导入内容',
  columns: '首行列名：{columns}。未列出的字段保持不变。',
  choose: '选择文件',
  csv: 'CSV',
  hint: '或在此粘贴，首行为列名。',
  passwords: '为没有密码的人员生成密码',
  check: '检查',
  import: '导入',
  'nothing-yet': '导入前不会更改任何内容。',
  created: '将新建',
  changed: '将更改',
  'done-created': '已新建',
  'done-changed': '已更改',
  done: '导入完成。',
  none: '无',
  problems: '问题',
  'problems-hint': '未导入任何内容：要么全部导入，要么全不导入。',
  line: '行',
  column: '列',
  reason: '问题说明',
  secrets: '生成的密码',
  'secrets-hint': '仅显示这一次。',
  login: '工号',
  password: '密码',
  'sip-secret': '话机密码',
  download: '下载',
};

const words: Words<ImportWord> = { en, zh };

export function useImportWords(): Say<ImportWord> {
  return useWords(words);
}
