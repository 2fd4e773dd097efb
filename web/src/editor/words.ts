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
};

export const editorWords: Words<EditorWord> = { en, zh };

export function useEditorWords(): Say<EditorWord> {
  return useWords(editorWords);
}
