// Words of the page of flows.
import { type Say, useWords, type Words } from '../../i18n/words.ts';

const en = {
  title: 'Flows',
  new: 'New flow',
  'new-name': 'Name of the new flow: lower-case letters, digits and dashes',
  text: 'Text of the flow',
  picture: 'Picture of the flow',
  panes: 'Beside the text',
  larger: 'Larger',
  whole: 'The whole',
  'pane.picture': 'Picture',
  'pane.simulate': 'Simulate',
  'pane.tests': 'Tests',
  'pane.versions': 'Versions',
  activate: 'Save and use',
  discard: 'Discard changes',
  'open-node': 'Go to {node} in the text',
  language: 'Caller speaks',
  'first-language': 'the first language',
  'call-again': 'Call again',
  'step-back': 'One step back',
  heard: 'What the caller hears',
  'say-nothing': 'Presses nothing',
  'run-tests': 'Run the tests',
  'test-count': '{count} tests, {bad} failed',
  'tests-hint': 'They stand in {flow}.test.json and try the flow as it is saved.',
  'tests-none': 'No tests stand beside this flow yet.',
  'failed-at': 'Step {step}: {sentence}',
};

export type FlowWord = keyof typeof en;

const zh: Record<FlowWord, string> = {
  title: '流程',
  new: '新建流程',
  'new-name': '新流程名称：小写字母、数字和连字符',
  text: '流程文本',
  picture: '流程图',
  panes: '辅助面板',
  larger: '放大',
  whole: '全图',
  'pane.picture': '流程图',
  'pane.simulate': '模拟',
  'pane.tests': '测试',
  'pane.versions': '版本',
  activate: '保存并启用',
  discard: '放弃修改',
  'open-node': '在文本中定位 {node}',
  language: '来电语言',
  'first-language': '流程首选语言',
  'call-again': '重新呼叫',
  'step-back': '后退一步',
  heard: '来电者听到',
  'say-nothing': '不按键',
  'run-tests': '运行测试',
  'test-count': '{count} 个测试，{bad} 个失败',
  'tests-hint': '测试位于 {flow}.test.json，针对已保存的流程运行。',
  'tests-none': '该流程还没有测试。',
  'failed-at': '第 {step} 步：{sentence}',
};

export const flowWords: Words<FlowWord> = { en, zh };

export function useFlowWords(): Say<FlowWord> {
  return useWords(flowWords);
}
