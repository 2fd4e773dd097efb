// A JSON editor in a shadow tree: there CodeMirror's styles are constructed, so that the page needs no 'unsafe-inline'.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { unifiedMergeView } from '@codemirror/merge';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import type { Said } from '../../../server/ivr/sentences.ts';
import { completeJson, type JsonSchema, type NamesAt } from './completion.ts';

export interface Mark {
  severity: 'error' | 'warning';
  /** From 1. */
  line: number;
  column: number;
  sentence: string;
  /** The sentence for other languages than English. */
  said: readonly Said[];
}

/** Colours come from the page: custom properties reach into a shadow tree. */
const look = EditorView.theme({
  '&': { height: '100%', fontSize: '13px', color: 'var(--text)', backgroundColor: 'var(--surface)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace', lineHeight: '1.6' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--muted)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--accent) 7%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 28%, transparent)',
  },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', border: '1px solid var(--line)', color: 'var(--text)' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--accent-fill)',
    color: 'var(--on-fill)',
  },
  '.cm-panels': { backgroundColor: 'var(--surface-2)', color: 'var(--text)' },
  '.cm-diagnostic': { fontFamily: 'var(--font)' },
  '.cm-changedLine': { backgroundColor: 'color-mix(in srgb, var(--good) 14%, transparent) !important' },
  '.cm-deletedChunk': { backgroundColor: 'color-mix(in srgb, var(--bad) 14%, transparent)' },
});

const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.propertyName, color: 'var(--accent)' },
    { tag: tags.string, color: 'var(--good)' },
    { tag: [tags.number, tags.bool, tags.null], color: 'var(--after)' },
    { tag: tags.invalid, color: 'var(--bad)' },
  ]),
);

/**
 * Text over a selection is put into the document here. Left to itself, Chromium puts it into the page first, with the looks of
 * what it replaces (the colour of a matching bracket) as an inline style, which the page's policy forbids.
 */
const replacing = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { data, inputType } = event;
    if (inputType !== 'insertText' || !data || event.isComposing || view.state.readOnly) return false;
    if (view.state.selection.main.empty) {
      // A selection that was made just now is in the page, but not in the editor yet.
      const shadowRoots = view.root instanceof ShadowRoot ? [view.root] : [];
      const [range] = document.getSelection()?.getComposedRanges({ shadowRoots }) ?? [];
      if (range === undefined || range.collapsed || !view.contentDOM.contains(range.startContainer)) return false;
      const anchor = view.posAtDOM(range.startContainer, range.startOffset);
      view.dispatch({ selection: { anchor, head: view.posAtDOM(range.endContainer, range.endOffset) } });
    }
    const { state } = view;
    const { from, to } = state.selection.main;
    const insert = () => state.update(state.replaceSelection(data), { userEvent: 'input.type', scrollIntoView: true });
    const taken = state.facet(EditorView.inputHandler).some((handler) => handler(view, from, to, data, insert));
    if (!taken) view.dispatch(insert());
    return true;
  },
});

interface Props {
  label: string;
  text: string;
  onChange?: (text: string) => void;
  onSave?: () => void;
  marks?: readonly Mark[];
  /** Shown against this text, and not to be edited. */
  comparedWith?: string;
  schema?: JsonSchema;
  namesAt?: NamesAt;
  /** To be read only. */
  fixed?: boolean;
  /** Moves to that line; a new object moves again. */
  goTo?: { line: number } | undefined;
}

export function JsonEditor(props: Props) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef(props);
  latest.current = props;
  const { comparedWith, label, schema, fixed = false } = props;

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    const extensions: Extension[] = [
      lineNumbers(),
      foldGutter(),
      drawSelection(),
      bracketMatching(),
      highlightSelectionMatches(),
      search({ top: true }),
      json(),
      colours,
      look,
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
      keymap.of([...searchKeymap, ...foldKeymap, ...defaultKeymap]),
    ];
    if (comparedWith !== undefined) {
      extensions.push(
        EditorState.readOnly.of(true),
        unifiedMergeView({ original: comparedWith, mergeControls: false, collapseUnchanged: { margin: 3 } }),
      );
    } else {
      extensions.push(
        EditorState.readOnly.of(fixed),
        history(),
        replacing,
        indentOnInput(),
        closeBrackets(),
        lintGutter(),
        highlightActiveLine(),
        schema === undefined
          ? []
          : autocompletion({
              override: [completeJson(schema, (...place) => latest.current.namesAt?.(...place) ?? [])],
            }),
        keymap.of([
          {
            key: 'Mod-s',
            preventDefault: true,
            run: () => {
              latest.current.onSave?.();
              return true;
            },
          },
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...historyKeymap,
          indentWithTab,
        ]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) latest.current.onChange?.(update.state.doc.toString());
        }),
      );
    }
    const made = new EditorView({ doc: latest.current.text, extensions, parent: root, root });
    view.current = made;
    return () => {
      view.current = null;
      made.destroy();
    };
  }, [comparedWith, label, schema, fixed]);

  // Another text than the editor's own: another version was taken.
  const { text, marks, goTo } = props;
  useEffect(() => {
    const editor = view.current;
    if (editor === null || editor.state.doc.toString() === text) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  }, [text]);

  useEffect(() => {
    const editor = view.current;
    if (editor === null || marks === undefined) return;
    const { doc } = editor.state;
    const diagnostics = marks.map(({ severity, line, column, sentence }): Diagnostic => {
      const at = doc.line(Math.min(Math.max(1, line), doc.lines));
      const from = Math.min(at.from + Math.max(0, column - 1), at.to);
      return { from, to: at.to, severity, message: sentence };
    });
    editor.dispatch(setDiagnostics(editor.state, diagnostics));
  }, [marks]);

  useEffect(() => {
    const editor = view.current;
    if (editor === null || goTo === undefined) return;
    const { from } = editor.state.doc.line(Math.min(Math.max(1, goTo.line), editor.state.doc.lines));
    editor.dispatch({
      selection: { anchor: from },
      effects: EditorView.scrollIntoView(from, { y: 'start', yMargin: 40 }),
    });
    editor.focus();
  }, [goTo]);

  return <div ref={host} className="json-editor" />;
}
