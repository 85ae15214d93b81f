import { css } from './css.js'

/** What stands around every view: the host, the views to choose from, and whether what is shown is fresh. */
export const frameStyle = css`
  header.top {
    display: flex;
    align-items: center;
    gap: 8px 28px;
    flex-wrap: wrap;
    padding: 14px 0 0;
    border-bottom: 1px solid var(--line);
    margin-bottom: 20px;
  }
  header.top h1 {
    font-size: 1rem;
    font-weight: 650;
    letter-spacing: -0.01em;
    padding: 6px 0 12px;
  }
  header.top h1 .host {
    font-weight: 400;
    color: var(--dim);
    margin-left: 6px;
  }
  header.top nav {
    display: flex;
    gap: 4px;
    flex: 1;
  }
  header.top nav a {
    padding: 6px 10px 12px;
    color: var(--dim);
    text-decoration: none;
    border-bottom: 2px solid transparent;
    margin-bottom: -1px;
  }
  header.top nav a:hover {
    color: var(--text);
  }
  header.top nav a[aria-current] {
    color: var(--text);
    border-bottom-color: var(--accent);
  }
  header.top .count:not(:empty) {
    margin-left: 7px;
    padding: 1px 7px;
    border-radius: 9px;
    font-size: 0.78rem;
    font-weight: 600;
    color: var(--warn);
    background: var(--warn-soft);
  }
  .live {
    font-size: 0.83rem;
    color: var(--dim);
    display: inline-flex;
    align-items: center;
    gap: 7px;
    margin-bottom: 10px;
  }
  .live .dot {
    width: 8px;
    height: 8px;
    border-radius: 50%;
    background: var(--line-strong);
  }
  .live[data-state='live'] .dot {
    background: var(--good);
  }
  .live[data-state='failing'] .dot {
    background: var(--bad);
  }
  header.top > button {
    margin-bottom: 10px;
  }
  @media (max-width: 640px) {
    header.top {
      gap: 0 16px;
    }
    header.top h1 {
      flex: 1;
      padding-bottom: 6px;
    }
    header.top nav {
      order: 1;
      flex-basis: 100%;
      margin-left: -10px;
    }
    header.top > .live,
    header.top > button {
      margin-bottom: 0;
    }
  }
`
