/** A table whose rows are lists. */
const stacked = (table: string): string => `${table} :is(table, tbody, tr, th, td) { display: block }
  ${table} thead { position: absolute; clip-path: inset(50%) }
  ${table} tr { padding-block: .6rem; border-block-end: 1px solid var(--line) } ${table} tr:last-child { border: 0 }
  ${table} :is(th, td) { padding: .1rem 0; border: 0 }
  ${table} td[data-head] { display: grid; grid-template-columns: 5rem minmax(0, 1fr); gap: .5rem; align-items: baseline }
  ${table} td[data-head]::before { content: attr(data-head); font-size: var(--small); color: var(--muted) }`

/** The looks of the page. A host can set the custom properties that begin with `--al-` on the element. */
export const styleText: string = `
:host {
  --bg: var(--al-background, #f6f7f9); --surface: var(--al-surface, #fff); --raised: #fbfcfd;
  --line: #dfe3e9; --strong-line: #868f9d; --text: var(--al-text, #171c26); --muted: #56606f;
  --accent: var(--al-accent, #1f55c4); --on-accent: #fff; --tint: #e9effc;
  --good: #116a3c; --good-bg: #e3f4ea; --warn: #845200; --warn-bg: #fdf1d9; --bad: #b3221f; --bad-bg: #fdeae9;
  --s0: #2f6bd8; --s1: #2b9a8b; --s2: #d99a2b; --s3: #8d62c9; --s4: #a3adba;
  --font: var(--al-font, system-ui, sans-serif); --small: .75rem;
  --mono: var(--al-font-mono, ui-monospace, monospace);
  color-scheme: light; display: block; min-block-size: 30rem; block-size: 100%; container: al / inline-size;
  font: 14px/1.45 var(--font); color: var(--text); background: var(--bg);
}
@media (prefers-color-scheme: dark) { :host(:not([theme="light"])) { DARK } }
:host([theme="dark"]) { DARK }
:host([hidden]) { display: none }
*, *::before, *::after { box-sizing: border-box }
[hidden] { display: none !important }
h1, h2, h3, p, ul, dl, dd { margin: 0; padding: 0 }
ul { list-style: none }
h1 { font: inherit; font-weight: 600 }
h2 { font-size: 1.02rem; font-weight: 600; letter-spacing: -0.005em }
h3 { font: inherit; font-weight: 600; margin-block: 1.1rem .45rem }
a { color: var(--accent) }
.console { position: relative; display: flex; flex-direction: column; block-size: 100%; min-block-size: inherit }
.top { display: flex; flex-wrap: wrap; align-items: center; gap: .1rem 1.6rem; padding-inline: 1.25rem; padding-block-start: .55rem; background: var(--surface); border-block-end: 1px solid var(--line) }
nav { display: flex; gap: .2rem; overflow-x: auto; scrollbar-width: none; max-inline-size: 100%; padding: 2px; margin: -2px }
nav a { padding: .6rem .7rem .55rem; color: var(--muted); text-decoration: none; white-space: nowrap; border-block-end: 2px solid transparent; border-start-start-radius: 6px; border-start-end-radius: 6px }
nav a:hover { color: var(--text); background: var(--bg) }
nav a[aria-current] { color: var(--text); font-weight: 600; border-block-end-color: var(--accent) }
.content { flex: 1; min-block-size: 0; overflow: auto; display: flex; flex-direction: column }
.content > * { flex: 1 }
.hidden-text { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.muted, .hint { color: var(--muted) }
.hint { font-size: var(--small) }
.mono { font-family: var(--mono) }
.error { color: var(--bad); font-size: var(--small) }
.error:empty { display: none }
.ok { color: var(--good) }
.spring { flex: 1 }
bdi { unicode-bidi: isolate; overflow-wrap: anywhere }
time, input, textarea, ::placeholder { unicode-bidi: plaintext }
.mark { display: inline-block; font: 600 .72em/1.3 var(--mono); padding-inline: .3em; margin-inline: .1em; border-radius: 3px; color: var(--bad); background: var(--bad-bg); border: 1px solid currentColor; vertical-align: baseline }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
:focus:not(:focus-visible) { outline: none }

input, select, textarea, button { font: inherit; color: inherit; border-radius: 6px; border: 1px solid var(--strong-line); background: var(--surface); padding: .34rem .6rem; min-inline-size: 0; max-inline-size: 100% }
input, select, textarea { inline-size: 100% }
input:not([type=checkbox]), select, .fields > button { block-size: 2.15rem }
input::placeholder, textarea::placeholder { color: var(--muted); opacity: .85 }
input[type=checkbox] { inline-size: 1.05rem; block-size: 1.05rem; margin: .1rem 0 0; padding: 0; accent-color: var(--accent) }
select { padding-inline-end: .3rem }
[aria-invalid] { border-color: var(--bad); box-shadow: 0 0 0 1px var(--bad) }
button { cursor: pointer; font-weight: 600; border-color: var(--line); box-shadow: 0 1px 1px rgb(20 30 50 / .05); white-space: nowrap }
button:hover { background: var(--raised); border-color: var(--strong-line) }
button:disabled { cursor: default; opacity: .55 }
button.primary { color: var(--on-accent); background: var(--accent); border-color: var(--accent) }
button.primary:hover { filter: brightness(1.08) }
button.danger { color: var(--bad) }
button.small { padding: .18rem .55rem }
button.link { border: 0; padding: 0; background: none; box-shadow: none; color: var(--accent); font-weight: 400; text-decoration: underline; text-underline-offset: 2px; white-space: normal }
button.icon { border-color: transparent; background: none; box-shadow: none; padding: .1rem .45rem; font-size: 1.2rem; line-height: 1.1; color: var(--muted) }
button.icon:hover { color: var(--text); background: var(--bg) }
button.funnel { padding: .1rem .25rem; vertical-align: -.15em }
button.funnel::before { content: ""; display: block; inline-size: .72rem; block-size: .72rem; background: currentColor; clip-path: polygon(0 8%, 100% 8%, 62% 52%, 62% 100%, 38% 84%, 38% 52%) }
button.chip { font-size: var(--small); padding: .1rem .6rem; border-radius: 99px; background: var(--tint) }
label { display: flex; flex-direction: column; gap: .18rem; min-inline-size: 0 }
label > span:first-child { font-size: var(--small); font-weight: 600; color: var(--muted) }
fieldset { border: 0; padding: 0; margin: 0; min-inline-size: 0 }

.note { padding: .6rem .8rem; border-radius: 8px; background: var(--surface); border: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: .35rem .7rem; align-items: center }
.note.bad { color: var(--bad); background: var(--bad-bg); border-color: currentColor }
.note.warn { color: var(--warn); background: var(--warn-bg); border-color: currentColor }
.note.good { color: var(--good); background: var(--good-bg); border-color: currentColor }
.badge { display: inline-flex; align-items: center; gap: .35em; font-size: var(--small); font-weight: 600; white-space: nowrap; color: var(--muted) }
.badge::before { content: ""; inline-size: .5rem; block-size: .5rem; border-radius: 50%; background: currentColor; flex: none }
.facts .badge, .card header .badge { white-space: normal }
.badge.success, .badge.good { color: var(--good) }
.badge.failure, .badge.warn { color: var(--warn) }
.badge.failure::before, .badge.warn::before { border-radius: 1px; rotate: 45deg }
.badge.denied, .badge.bad { color: var(--bad) }
.badge.denied::before, .badge.bad::before { border-radius: 0 }

.filters { padding: .75rem 1.25rem .6rem; display: grid; gap: .5rem; background: var(--surface); border-block-end: 1px solid var(--line) }
.fields { display: flex; flex-wrap: wrap; gap: .55rem .7rem; align-items: end }
.fields > label { flex: 1 1 9.5rem }
.fields > label.f-action, .fields > label.f-target, .fields > label.f-details { flex-grow: 1.6 }
.fields > button { flex: none }
.filters .more summary { color: var(--accent); cursor: pointer; inline-size: max-content; border-radius: 4px }
.filters .more .fields { padding-block-start: .5rem }
.chips { display: flex; flex-wrap: wrap; gap: .4rem }
.chips:empty { display: none }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .9rem; padding: .45rem 1.25rem }
.counts { display: flex; flex-wrap: wrap; gap: .1rem .9rem; color: var(--muted) }
.live { display: inline-flex; align-items: center; gap: .4em; font-weight: 600; color: var(--muted) }
.live::before { content: ""; inline-size: .55rem; block-size: .55rem; border-radius: 50%; border: 2px solid currentColor }
.live.on { color: var(--good) } .live.on::before { background: currentColor }
.live.paused { color: var(--warn) }

.log-view { display: flex; flex-direction: column; min-block-size: 0 }
.split { flex: 1; display: flex; min-block-size: 17rem; border-block-start: 1px solid var(--line); background: var(--surface) }
.list { flex: 1; min-inline-size: 0; display: flex; flex-direction: column; position: relative }
.grid { flex: 1 1 0; min-block-size: 8rem; overflow: auto; overflow-anchor: none; contain: strict; container: grid / inline-size }
.grid:focus-visible { outline-offset: -2px }
.rows { position: relative; display: block; contain: layout style }
.header { position: sticky; inset-block-start: 0; z-index: 1; background: var(--raised); border-block-end: 1px solid var(--line) }
.row { display: grid; grid-template-columns: 1.9rem 11.4rem minmax(7rem, 1fr) minmax(9rem, 1.35fr) minmax(8rem, 1.35fr) 5.6rem minmax(6rem, .8fr) minmax(4.2rem, max-content); align-items: center; block-size: 34px; padding-inline: .6rem 1.25rem; column-gap: .7rem; min-inline-size: 58rem }
@container grid (width < 930px) { .row { min-inline-size: 0; grid-template-columns: 1.9rem 11.4rem minmax(5rem, 1fr) minmax(6rem, 1.2fr) minmax(5rem, 1.1fr) 5.6rem } .c-source_ip, .c-seq { display: none } }
.rows .row { position: absolute; inset-inline: 0; inset-block-start: 0; cursor: pointer; border-block-end: 1px solid color-mix(in srgb, var(--line) 55%, transparent); font-variant-numeric: tabular-nums }
.row.head { font-size: var(--small); font-weight: 600; color: var(--muted); block-size: 30px }
.row > * { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-inline-size: 0; text-align: -webkit-match-parent; text-align: match-parent }
.row bdi { overflow-wrap: normal; display: block; overflow: hidden; text-overflow: ellipsis } .row time { direction: ltr; unicode-bidi: isolate }
.row:not(.head):hover { background: var(--raised) }
.row.active { background: var(--raised) }
.grid:focus-visible .row.active { box-shadow: inset 0 0 0 2px var(--accent) }
.row[aria-selected=true] { background: var(--tint) } .row[aria-selected=true]::before { content: ""; position: absolute; inset-block: 0; inset-inline-start: 0; inline-size: 3px; background: var(--accent) }
.row.broken { background: var(--bad-bg) }
.rows .c-action { font-weight: 600 }
.c-timestamp, .c-source_ip, .c-seq { color: var(--muted) }
.c-seq { text-align: end }
.sign { display: inline-block; inline-size: 1rem; block-size: 1rem; flex: none; vertical-align: -.15em; color: var(--muted) }
.sign::before { content: ""; display: block; inline-size: 100%; block-size: 100%; background: currentColor; clip-path: circle(16% at 50% 50%) }
.sign.intact, .passed > .sign { color: var(--good) }
.sign.intact::before, .passed > .sign::before { clip-path: polygon(14% 52%, 24% 42%, 41% 59%, 77% 21%, 87% 31%, 41% 79%) }
.sign.broken, .failed > .sign { color: var(--bad) }
.sign.broken::before, .failed > .sign::before { clip-path: polygon(20% 10%, 50% 40%, 80% 10%, 90% 20%, 60% 50%, 90% 80%, 80% 90%, 50% 60%, 20% 90%, 10% 80%, 40% 50%, 10% 20%) }
.unknown > .sign::before { clip-path: polygon(15% 42%, 85% 42%, 85% 58%, 15% 58%) }
.message { padding-inline: 1.25rem }
.message > * { margin-block: .5rem }
.fresh { position: absolute; inset-block-start: 2.5rem; inset-inline: 0; z-index: 2; display: flex; justify-content: center; pointer-events: none }
.fresh button { pointer-events: auto; border-radius: 99px; background: var(--accent); color: var(--on-accent); box-shadow: 0 3px 12px rgb(10 20 40 / .25) }
@container grid (width < 640px) {
  .row.head { display: none }
  .rows .row { min-inline-size: 0; block-size: 58px; grid-template-columns: 1.3rem minmax(0, 1fr) max-content; grid-template-rows: auto auto; align-content: center; column-gap: .4rem; padding-inline: .6rem }
  .c-sign { grid-row: 1 / 3; grid-column: 1 }
  .c-action { grid-row: 1; grid-column: 2 } .c-outcome { grid-row: 1; grid-column: 3 }
  .c-user_id { grid-row: 2; grid-column: 2; color: var(--muted) } .c-timestamp { grid-row: 2; grid-column: 3; font-size: var(--small) }
  .c-target { display: none }
}

.drawer { flex: 0 0 27rem; inline-size: 27rem; border-inline-start: 1px solid var(--line); display: flex; flex-direction: column; min-block-size: 0; background: var(--surface) }
.drawer > header { display: flex; align-items: center; justify-content: space-between; padding: .6rem 1rem; border-block-end: 1px solid var(--line) }
.drawer-body { flex: 1 1 0; overflow: auto; padding: .75rem 1rem 1.5rem }
.drawer-body > .note { margin-block-end: .7rem }
.actions { display: flex; flex-wrap: wrap; gap: .4rem; margin-block-end: .7rem }
.fields-list { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .3rem .9rem }
.fields-list dt { color: var(--muted) }
.fields-list dd { overflow-wrap: anywhere }
.tree { font: .84rem/1.55 var(--mono) }
.tree .tree { padding-inline-start: 1.1rem; border-inline-start: 1px solid var(--line); margin-inline-start: .3rem }
.tree .name { color: var(--muted) }
.tree summary { cursor: pointer; border-radius: 3px }
.tree .leaf { padding-inline-start: 1rem; overflow-wrap: anywhere; white-space: pre-wrap }
.tree .value.number, .tree .value.boolean, .tree .value.null { color: var(--accent) }
.checks { display: grid; gap: .45rem; margin-block-end: .7rem }
.checks li { display: grid; grid-template-columns: 1.1rem minmax(0, 1fr); gap: 0 .5rem; align-items: start }
.checks li > :last-child { grid-column: 2; color: var(--muted) }
.checks li.failed > :last-child { color: var(--bad) }
.key { display: grid; grid-template-columns: minmax(0, 1fr) max-content; gap: .3rem .5rem; align-items: end; margin-block-start: .8rem }
.key .hint, .key .error { grid-column: 1 / -1 }

.activity.waiting { flex: none; block-size: 141.6px }
.activity { padding: .5rem 1.25rem .2rem; background: var(--surface); border-block-end: 1px solid var(--line) }
.activity summary { font-size: var(--small); font-weight: 600; cursor: pointer; inline-size: max-content; border-radius: 4px }
.plot { direction: ltr; padding-block: .4rem .2rem }
.plot svg { display: block; inline-size: 100%; block-size: 58px }
.plot g { cursor: pointer } .plot g:hover .hit { fill: var(--tint) }
.hit { fill: transparent }
.series-0 { fill: var(--s0); background: var(--s0) } .series-1 { fill: var(--s1); background: var(--s1) } .series-2 { fill: var(--s2); background: var(--s2) } .series-3 { fill: var(--s3); background: var(--s3) } .series-4 { fill: var(--s4); background: var(--s4) }
.problems { fill: var(--bad); background: var(--bad) }
.axis { direction: ltr; display: flex; justify-content: space-between; gap: 1rem; white-space: nowrap; font-size: var(--small); color: var(--muted) }
.legend { display: flex; gap: .9rem; min-inline-size: 0 } .legend li { overflow: hidden; text-overflow: ellipsis }
.legend i { display: inline-block; inline-size: .6rem; block-size: .6rem; border-radius: 2px; margin-inline-end: .35rem }
.as-table { margin-block: .2rem .4rem } .as-table summary { font-weight: 500; font-size: var(--small); color: var(--accent) }
.as-table .scroll { max-block-size: 14rem }

.page { padding: 1.25rem; display: grid; gap: 1rem; align-content: start; inline-size: 100%; max-inline-size: 78rem; margin-inline: auto }
.page > header { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem 1rem; justify-content: space-between }
.page > header p { color: var(--muted); flex-basis: 100% }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.15rem; min-inline-size: 0 }
.card > h2:first-child { margin-block-end: .6rem }
.card > header { display: flex; flex-wrap: wrap; gap: .3rem .8rem; align-items: center; margin-block-end: .5rem }
.cards { align-items: start; display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1rem }
.headline { display: flex; gap: .9rem; align-items: flex-start; border-inline-start: 4px solid var(--muted) }
.headline.good { border-inline-start-color: var(--good) } .headline.bad { border-inline-start-color: var(--bad) } .headline.weak { border-inline-start-color: var(--warn) }
.headline .sign { inline-size: 1.8rem; block-size: 1.8rem }
.headline h2 { margin: 0 }
.headline .sign.pending { color: var(--warn) } .headline .sign.pending::before { clip-path: polygon(50% 8%, 96% 90%, 4% 90%) }
.facts + *, .checks + * { margin-block-start: .5rem }
.card > details { margin-block-start: .8rem } .card summary { cursor: pointer; color: var(--accent); inline-size: max-content }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .35rem 1rem }
.facts dt { color: var(--muted) } .facts dd { overflow-wrap: anywhere }
.results { display: grid; gap: 1rem; min-inline-size: 0 }
.search { max-inline-size: 26rem }
td bdi, th bdi { overflow-wrap: break-word } td time { white-space: nowrap }
.scroll { overflow: auto; max-inline-size: 100% }
table { border-collapse: collapse; inline-size: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: start; padding: .4rem .8rem .4rem 0; border-block-end: 1px solid var(--line); vertical-align: top }
thead th { font-size: var(--small); font-weight: 600; color: var(--muted); white-space: nowrap }
tbody th { font-weight: 600 }
tbody tr:last-child > * { border-block-end: 0 }
td.number, th.number { text-align: end }
.form { display: grid; gap: .8rem; max-inline-size: 40rem }
.form .two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr)); gap: .8rem; align-items: start }
.form label.check { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem .5rem; padding-block-start: 1.35rem } .form label.check > :nth-child(2) { color: var(--text); font-weight: 500 } .form label.check > .hint, .form label.check > .error { grid-column: 2 }
.card > .state { display: grid; gap: .5rem; margin-block-end: .8rem } .card > .buttons + div:not(:empty) { margin-block-start: .7rem }
.buttons { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center }
progress { inline-size: 100%; block-size: .5rem; accent-color: var(--accent) }
pre { font: .82rem/1.5 var(--mono); margin: .5rem 0 0; padding: .6rem .8rem; background: var(--bg); border: 1px solid var(--line); border-radius: 6px; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere }
.page .filters { padding: 0; border: 0 }
.page > div:empty, .note:empty { display: none }
.form-card { display: grid; gap: .9rem } h3.first { margin-block: 0 }
.two > .wide { grid-column: 1 / -1 }
.timeline { direction: ltr; overflow: auto }
.timeline svg { display: block; inline-size: 100% }
.timeline text { font: 11px var(--font); fill: var(--muted) } .timeline text.name { fill: var(--text) }
.timeline .bar-in_force { fill: var(--s1) } .timeline .bar-expiring, .timeline .bar-about_to_expire { fill: var(--s2) } .timeline .bar-expired, .timeline .bar-invalid { fill: var(--s4) } .timeline .bar-revoked { fill: var(--bad) }
.timeline .today { stroke: var(--accent); stroke-width: 1.5 } .timeline .rule { stroke: var(--line) }
.meter { margin-block-start: .5rem; block-size: .4rem; border-radius: 9px; background: var(--bg); overflow: hidden; min-inline-size: 4rem } .meter i { display: block; block-size: 100%; background: var(--s0); border-radius: inherit }
@container al (max-width: 1100px) { .counts { order: 1; flex: 1 0 100%; min-block-size: 1.45em } }
@container al (max-width: 900px) {
  ${stacked('.stack.wide')}
  .activity.waiting { block-size: 162.2px } .axis { flex-wrap: wrap; row-gap: .2rem } .legend { order: 1; flex: 1 0 100%; gap: .5rem; justify-content: center }
  .split { position: relative } .drawer { position: absolute; inset: 0; inline-size: auto; z-index: 3; border: 0 } }
@container al (max-width: 640px) {
  .top { padding-inline: .75rem } .filters, .bar, .activity, .message { padding-inline: .75rem } .page { padding: .75rem }
  .fields > label { flex-basis: calc(50% - .4rem) } .fields > :is(button.primary, .f-since, .f-until) { flex: 1 1 100% }
  .activity.waiting { block-size: 29.6px } .legend { display: none } .card { padding: .8rem }
  .bar { column-gap: .5rem } .counts { display: block; min-block-size: 2.9em } .counts > * + *::before { content: " · " }
  nav { flex-wrap: wrap; gap: 0 } nav a { padding: .45rem .55rem .4rem }
  .facts { grid-template-columns: fit-content(40%) minmax(0, 1fr) }
  ${stacked('.stack')}
  .content { overflow: auto } .split { min-block-size: 24rem; position: static } .drawer { z-index: 5 }
  .bar button { padding-block: .05rem; font-size: var(--small) } .live { min-inline-size: 5rem }
}
@media (prefers-reduced-motion: no-preference) { .loading .header::after { content: ""; position: absolute; inset-block-end: -1px; inset-inline-start: 0; block-size: 2px; inline-size: 30%; background: var(--accent); animation: slide 1.1s ease-in-out infinite alternate } @keyframes slide { to { inset-inline-start: 70% } } }
@media (forced-colors: active) { .badge::before, .sign::before { background: CanvasText; forced-color-adjust: none } .row[aria-selected=true] { outline: 2px solid Highlight } }
`.replaceAll(
  'DARK',
  `--bg: var(--al-background, #0e1218); --surface: var(--al-surface, #151a22); --raised: #1a212b;
  --line: #29313d; --strong-line: #6d7888; --text: var(--al-text, #e5e9f0); --muted: #9ba7b7;
  --accent: var(--al-accent, #85adff); --on-accent: #0b1730; --tint: #1b2a47;
  --good: #62cf95; --good-bg: #10291c; --warn: #e8b457; --warn-bg: #2e230e; --bad: #ff8e87; --bad-bg: #351615;
  --s0: #5b8ff0; --s1: #3fb3a3; --s2: #dca544; --s3: #a986e0; --s4: #66717f; color-scheme: dark;`,
)
