import { css } from './css.js'

/** One conflict: its branches, the choices, and the result. */
export const conflictStyle = css`
  .tone-1 {
    --tone: var(--tone-1);
  }
  .tone-2 {
    --tone: var(--tone-2);
  }
  .tone-3 {
    --tone: var(--tone-3);
  }
  .tone-4 {
    --tone: var(--tone-4);
  }
  .tone-5 {
    --tone: var(--tone-5);
  }
  .tone-6 {
    --tone: var(--tone-6);
  }
  .conflict-heading {
    display: grid;
    gap: 4px;
  }
  .crumbs {
    font-size: 0.85rem;
    color: var(--dim);
  }
  .decision.undone {
    color: var(--dim);
  }
  .held {
    padding: 8px 14px;
    margin-top: 6px;
    border-radius: 8px;
    background: var(--warn-soft);
  }
  .shared > summary,
  .message summary {
    cursor: pointer;
  }
  .shared > summary {
    color: var(--dim);
    font-size: 0.9rem;
  }
  .shared .message {
    margin: 8px 0 0 16px;
    max-width: 900px;
  }
  .branches {
    display: grid;
    grid-auto-flow: column;
    grid-auto-columns: minmax(340px, 1fr);
    gap: 16px;
    overflow-x: auto;
    padding-bottom: 2px;
  }
  @media (min-width: 761px) {
    /* The page is as high as the window: only the branches scroll. */
    body:has(.conflict-view .branches) {
      height: 100vh;
      min-height: 640px;
      padding-bottom: 0;
    }
    body:has(.conflict-view .branches) > main,
    .conflict-view {
      min-height: 0;
    }
    .conflict-view .branches {
      flex: 1;
      min-height: 0;
    }
  }
  .branch {
    display: flex;
    flex-direction: column;
    min-width: 0;
    border: 1px solid var(--line);
    border-top: 3px solid var(--tone);
    border-radius: 8px;
    background: var(--panel);
    overflow: hidden;
  }
  .branch > header {
    display: grid;
    grid-template-columns: 1fr auto;
    gap: 0 12px;
    padding: 10px 14px 9px;
    border-bottom: 1px solid var(--line);
  }
  .branch > header h3 {
    font-size: 1rem;
    overflow-wrap: anywhere;
  }
  .branch > header .note {
    grid-column: 1 / -1;
  }
  .branch h3 .number {
    display: inline-block;
    min-width: 1.55em;
    margin-right: 9px;
    text-align: center;
    font-size: 0.8rem;
    line-height: 1.55;
    border-radius: 4px;
    color: var(--page);
    background: var(--tone);
    vertical-align: 0.12em;
  }
  .branch .place {
    grid-row: 1;
    grid-column: 2;
    font-size: 0.82rem;
    color: var(--dim);
    font-variant-numeric: tabular-nums;
    align-self: center;
  }
  .branch .scroll {
    flex: 1;
    overflow-y: auto;
    overflow-anchor: none;
    min-height: 0;
    padding: 4px 0;
  }
  .branch .scroll:focus-visible {
    outline-offset: -2px;
  }
  .branch .scroll > .more {
    display: block;
    margin: 6px 14px;
  }
  .branch .scroll > .more[hidden] {
    display: none;
  }
  .message {
    contain: layout paint;
    padding: 8px 14px 9px;
    font-size: 0.93rem;
  }
  .records .message + .message,
  .lines .message + .message {
    border-top: 1px solid var(--line);
  }
  .message:focus {
    outline: 2px solid var(--accent);
    outline-offset: -2px;
    border-radius: 6px;
  }
  .message > header {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 8px;
    align-items: baseline;
    margin-bottom: 1px;
  }
  .message .role {
    font-size: 0.8rem;
    font-weight: 600;
    color: var(--dim);
    overflow: hidden;
    text-overflow: ellipsis;
    max-width: 24em;
    white-space: nowrap;
  }
  .message.role-user .role {
    color: var(--accent);
  }
  .message.role-assistant .role {
    color: var(--text);
  }
  .message.role-malformed .role {
    color: var(--bad);
  }
  .message .time {
    margin-left: auto;
    font-size: 0.78rem;
    color: var(--dim);
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
    max-width: 16em;
  }
  .message .text {
    max-width: 110ch;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    unicode-bidi: isolate;
    tab-size: 4;
  }
  .message.role-tool .text,
  .message.role-malformed .text,
  .message code.text {
    font-family: var(--mono);
    font-size: 0.82rem;
    line-height: 1.45;
  }
  .message details .text {
    display: block;
    padding: 6px 10px;
    margin: 4px 0 2px;
    border-radius: 6px;
    background: var(--sunk);
  }
  .message summary {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    border-radius: 4px;
  }
  .message .summary {
    font-family: var(--mono);
    font-size: 0.82rem;
  }
  .message .tools {
    display: block;
    margin-top: 3px;
  }
  .tool {
    font-weight: 500;
    font-size: 0.88rem;
  }
  .cut {
    margin-top: 6px;
    font: 0.82rem var(--sans);
    color: var(--dim);
  }

  .bar {
    position: sticky;
    bottom: 0;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 10px 14px;
    padding: 12px 0;
    background: var(--page);
    border-top: 1px solid var(--line);
  }
  .conflict-view > details,
  .conflict-view > .bar,
  .conflict-view > header {
    flex: none;
  }
  .shared[open] {
    max-height: 40vh;
    overflow-y: auto;
  }
  .bar .choices {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  .bar .means {
    flex: 1;
    min-width: 200px;
    color: var(--dim);
    font-size: 0.9rem;
  }
  .choice[aria-checked='true'] {
    --mark: var(--tone, var(--accent));
    border-color: var(--mark);
    box-shadow: inset 0 0 0 1px var(--mark);
    background: var(--accent-soft);
  }

  .preview {
    gap: 22px;
  }
  .preview section {
    display: grid;
    gap: 8px;
  }
  .plus {
    color: var(--good);
    font-variant-numeric: tabular-nums;
  }
  .minus {
    color: var(--bad);
    font-variant-numeric: tabular-nums;
  }
  .lines {
    border: 1px solid var(--line);
    border-radius: 8px;
    background: var(--panel);
    overflow: hidden;
  }
  .lines .message {
    position: relative;
    padding-left: 32px;
    border-left: 3px solid transparent;
  }
  .lines .sign {
    position: absolute;
    left: 12px;
    font-family: var(--mono);
    color: var(--dim);
  }
  .lines .added {
    background: var(--plus-soft);
    border-left-color: var(--good);
  }
  .lines .added .sign {
    color: var(--good);
  }
  .lines .removed {
    background: var(--bad-soft);
    border-left-color: var(--bad);
  }
  .lines .removed .sign {
    color: var(--bad);
  }
  .lines .stays {
    color: var(--dim);
  }
  @media (max-width: 760px) {
    .branches {
      grid-auto-flow: row;
      grid-auto-columns: auto;
    }
    .branch .scroll {
      max-height: 60vh;
    }
  }
`
