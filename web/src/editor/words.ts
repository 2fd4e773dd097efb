// Words of the JSON editor and what stands beside it.
import { type Say, useWords, type Words } from '../i18n/words.ts';

const en = {
  'no-findings': 'No findings',
  findings: '{errors} errors, {warnings} warnings',
  line: 'Line {line}',
  'by-file': 'the file was changed',
  'in-use': 'In use',
  compared: 'This version, and what the editor has changed',
  'take-version': 'Take into the editor',
  changed: '{what} was changed meanwhile',
  'changed-by': '{by} saved it after you had opened it ({when}). Nothing of yours is saved yet, and nothing is lost.',
  'changed-somebody': 'Somebody saved it after you had opened it. Nothing of yours is saved yet, and nothing is lost.',
  'changed-gone': 'Somebody removed it after you had opened it. Nothing of yours is lost.',
  'changed-compare': 'Red is only in what is saved, green only in yours.',
  'changed-load': 'Load what is saved, drop mine',
  'changed-overwrite': 'Save mine over it',
  'changed-later': 'Go on editing',
};

export type EditorWord = keyof typeof en;

const zh: Record<EditorWord, string> = {
  'no-findings': '没有问题',
  findings: '{errors} 个错误，{warnings} 个警告',
  line: '第 {line} 行',
  'by-file': '文件被修改',
  'in-use': '使用中',
  compared: '该版本与编辑器内容的差异',
  'take-version': '载入编辑器',
  changed: '{what} 已被他人修改',
  'changed-by': '您打开之后，{by} 保存过此项（{when}）。您的修改尚未保存，也没有丢失。',
  'changed-somebody': '您打开之后，有人保存过此项。您的修改尚未保存，也没有丢失。',
  'changed-gone': '您打开之后，有人删除了此项。您的修改没有丢失。',
  'changed-compare': '红色仅在已保存的内容中，绿色仅在您的内容中。',
  'changed-load': '载入已保存的内容，放弃我的修改',
  'changed-overwrite': '用我的覆盖',
  'changed-later': '继续编辑',
};

export const editorWords: Words<EditorWord> = { en, zh };

export function useEditorWords(): Say<EditorWord> {
  return useWords(editorWords);
}
