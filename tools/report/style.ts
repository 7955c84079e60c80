/** The look of a report: light and dark, from 400 to 1440 pixels and beyond, and on paper. */
export const style = `
:root{--bg:#fff;--fg:#1b1f24;--dim:#57606a;--rule:#d0d7de;--soft:#f3f5f7;--a:#0550ae;--b:#b35900;--c:#116329;--d:#a40e26;--pass:#116329;--fail:#a40e26;--band:#e8eef6}
@media (prefers-color-scheme:dark){:root{--bg:#0f1318;--fg:#e6e9ed;--dim:#9aa4b0;--rule:#343b44;--soft:#1a2027;--a:#79b8ff;--b:#ffab70;--c:#7ee787;--d:#ff8f9c;--pass:#7ee787;--fail:#ff8f9c;--band:#1b2633}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:90rem;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .25rem}
h2{font-size:1.25rem;margin:2.25rem 0 .5rem;border-top:1px solid var(--rule);padding-top:1rem}
h3{font-size:1rem;margin:0}
p{margin:.5rem 0;max-width:50rem}
.dim{color:var(--dim)}
.verdict{font-size:1.25rem;font-weight:700;margin:.75rem 0}
.pass{color:var(--pass);font-weight:700;white-space:nowrap}
.fail{color:var(--fail);font-weight:700;white-space:nowrap}
.warning{border-left:4px solid var(--b);padding:.25rem .75rem;background:var(--soft)}
.scroll{overflow-x:auto;margin:.75rem 0}
table{border-collapse:collapse;min-width:min(100%,24rem)}
caption{text-align:left;color:var(--dim);padding-bottom:.25rem}
th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--rule)}
thead th{color:var(--dim);font-weight:600}
tbody th{font-weight:600}
.n{text-align:right;font-variant-numeric:tabular-nums}
code{font:.85em/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
figure{margin:1rem 0 0}
figcaption{display:flex;flex-wrap:wrap;gap:0 1rem;align-items:baseline}
.key{color:var(--dim);font-size:.85rem;white-space:nowrap}
.key i{display:inline-block;width:1.25rem;margin-right:.3rem;vertical-align:middle;border-top:3px solid}
.key .ka{border-color:var(--a)}.key .kb{border-color:var(--b);border-top-style:dashed}.key .kc{border-color:var(--c)}.key .kd{border-color:var(--d);border-top-style:dotted}
.plot{display:grid;grid-template-columns:3.25rem 1fr}
.ys{position:relative;font-size:.75rem;color:var(--dim);text-align:right;padding-right:.4rem;display:flex;flex-direction:column;justify-content:space-between}
.canvas{position:relative;height:7rem;border-left:1px solid var(--rule);border-bottom:1px solid var(--rule)}
.small .canvas{height:4.5rem}
.canvas svg{display:block;width:100%;height:100%}
.xs{grid-column:2;position:relative;height:1.25rem;font-size:.75rem;color:var(--dim)}
.xs span,.marks span,.stages span{position:absolute;transform:translateX(-50%);white-space:nowrap}
.xs span:first-child{transform:none}.xs span.last{transform:translateX(-100%)}
.stages{grid-column:2;position:relative;height:1.25rem;font-size:.75rem;color:var(--dim)}
.stages span{transform:none;overflow:hidden}
.marks{grid-column:2;position:relative;height:1.1rem;font-size:.75rem;cursor:help}
.up{color:var(--d)}.down{color:var(--c)}
path,rect{vector-effect:non-scaling-stroke}
path{fill:none;stroke-width:1.75}
.la{stroke:var(--a)}.lb{stroke:var(--b);stroke-dasharray:6 3}.lc{stroke:var(--c)}.ld{stroke:var(--d);stroke-dasharray:2 3}
.fa{fill:var(--a);fill-opacity:.22;stroke:none}
.grid{stroke:var(--rule);stroke-width:1}
.limit{stroke:var(--fg);stroke-width:1;stroke-dasharray:8 4}
.when{stroke:var(--dim);stroke-width:1;stroke-dasharray:1 3}
.band{fill:var(--band)}
.services{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,32rem),1fr));gap:0 2rem}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,32rem),1fr));gap:0 2rem}
.two>section{min-width:0}
@media (max-width:30rem){body{padding:.6rem;font-size:15px}.plot{grid-template-columns:2.5rem 1fr}}
@media print{h2{break-after:avoid}figure,tr{break-inside:avoid}}
`
