import { css } from './css.js'

/** The overview, the list of conflicts, and the timeline. */
export const overviewStyle = css`
  .overview {
    gap: 30px;
  }
  .overview section > h2 {
    font-size: 1rem;
    margin-bottom: 8px;
  }
  .overview h2 .dim {
    font-weight: 400;
    margin-left: 4px;
  }
  .facts {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
    border: 1px solid var(--line);
    border-radius: 10px;
    background: var(--panel);
    overflow: hidden;
  }
  .fact {
    padding: 13px 18px 14px;
    box-shadow: -1px -1px 0 var(--line);
  }
  .fact dt {
    font-size: 0.8rem;
    color: var(--dim);
  }
  .fact dd:nth-of-type(1) {
    font-size: 1.18rem;
    line-height: 1.5;
    font-variant-numeric: tabular-nums;
  }
  .meter {
    display: block;
    width: 100%;
    height: 4px;
    margin: 4px 0 5px;
  }
  .meter .whole {
    fill: var(--line);
  }
  .meter .part {
    fill: var(--accent);
  }
  .meter.over .part {
    fill: var(--bad);
  }
  .finding {
    border-left: 3px solid var(--warn);
    padding: 2px 0 2px 14px;
    margin-top: 12px;
  }
  .finding li {
    display: grid;
    grid-template-columns: minmax(120px, 2fr) 3fr;
    gap: 2px 18px;
    padding: 4px 0;
    font-size: 0.92rem;
    overflow-wrap: anywhere;
  }

  nav.filter {
    display: flex;
    gap: 2px;
    padding: 2px;
    border: 1px solid var(--line);
    border-radius: 8px;
    background: var(--sunk);
  }
  nav.filter a {
    padding: 2px 12px;
    border-radius: 6px;
    color: var(--dim);
    text-decoration: none;
    font-size: 0.9rem;
  }
  nav.filter a[aria-current] {
    color: var(--text);
    background: var(--panel);
    box-shadow: 0 0 0 1px var(--line);
  }
  .conflicts .rows {
    border: 1px solid var(--line);
    border-radius: 10px;
    background: var(--panel);
    overflow: hidden;
  }
  .conflicts li + li {
    border-top: 1px solid var(--line);
  }
  a.conflict {
    display: grid;
    gap: 3px;
    padding: 12px 16px 13px;
    color: inherit;
    text-decoration: none;
  }
  a.conflict:hover {
    background: var(--sunk);
  }
  a.conflict:focus-visible {
    outline-offset: -2px;
    border-radius: 10px;
    background: var(--accent-soft);
  }
  a.conflict .top {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 12px;
    align-items: baseline;
    margin-bottom: 3px;
  }
  .session {
    font-family: var(--mono);
    font-size: 0.84rem;
    font-weight: 400;
    color: var(--dim);
    overflow-wrap: anywhere;
  }
  a.conflict .when {
    margin-left: auto;
  }
  .branch-line {
    display: grid;
    grid-template-columns: minmax(70px, 130px) 92px minmax(0, 1fr);
    gap: 14px;
    font-size: 0.9rem;
  }
  .branch-line .host {
    font-weight: 500;
    color: var(--tone);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .branch-line .count {
    color: var(--dim);
    text-align: right;
    white-space: nowrap;
  }
  .branch-line .said {
    color: var(--dim);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .timeline .window {
    color: var(--dim);
    font-size: 0.9rem;
    font-variant-numeric: tabular-nums;
  }
  .chart .row {
    display: grid;
    grid-template-columns: minmax(70px, 140px) minmax(0, 1fr) 72px;
    gap: 14px;
    align-items: end;
    padding-top: 10px;
  }
  .chart svg {
    display: block;
    width: 100%;
    height: 44px;
  }
  .chart .host {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .chart .own .host {
    font-weight: 600;
  }
  .chart .number {
    text-align: right;
    color: var(--dim);
  }
  .chart .ground {
    stroke: var(--line-strong);
    stroke-width: 1;
    vector-effect: non-scaling-stroke;
  }
  .chart .fill {
    fill: var(--tone-1);
    opacity: 0.82;
  }
  .chart .hit {
    fill: transparent;
    cursor: zoom-in;
  }
  .bar-step:hover .hit {
    fill: var(--sunk);
  }
  .bar-step:hover .fill {
    opacity: 1;
  }
  .chart .axis {
    padding-top: 2px;
  }
  .ticks {
    position: relative;
    height: 22px;
    font-size: 0.77rem;
    color: var(--dim);
    font-variant-numeric: tabular-nums;
    overflow: hidden;
  }
  .tick {
    position: absolute;
    top: 3px;
    padding-left: 5px;
    border-left: 1px solid var(--line-strong);
    line-height: 1.3;
    white-space: nowrap;
  }
  .timeline h3 {
    margin-top: 12px;
  }
  .timeline td:nth-child(1) {
    white-space: nowrap;
  }
  @media (max-width: 640px) {
    .branch-line {
      grid-template-columns: auto auto;
      justify-content: start;
    }
    .branch-line .said {
      grid-column: 1 / -1;
    }
    .finding li {
      grid-template-columns: 1fr;
    }
    .chart .row {
      grid-template-columns: 70px minmax(0, 1fr) 48px;
      gap: 8px;
    }
  }
`
