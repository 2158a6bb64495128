/** The style sheet of the report, colours apart. */
export const styles = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:70rem;margin:0 auto;padding:clamp(1.5rem,5vw,4rem) clamp(1rem,4vw,2.5rem)}
header{max-width:44rem;margin-bottom:2.25rem}
h1,h2,h3{line-height:1.2;text-wrap:balance;overflow-wrap:anywhere}
h1{margin:0 0 .6rem;font-size:clamp(1.7rem,1.2rem + 2vw,2.4rem);font-weight:650;letter-spacing:-.018em}
h2{margin:3.25rem 0 .5rem;padding-top:1.1rem;border-top:1px solid var(--rule);font-size:1.3rem;font-weight:650;letter-spacing:-.01em}
h3{margin:1.75rem 0 .35rem;font-size:1rem;font-weight:600}
p{margin:.5rem 0;max-width:44rem}
.lead{color:var(--muted);font-size:1.06rem}
.verdict{margin:0 0 1.75rem;padding:.2rem 0 .2rem 1.1rem;border-left:3px solid var(--series-1);max-width:46rem}
.verdict p{margin:.4rem 0}
.hint{color:var(--muted);font-size:.9rem}
.scroll{overflow-x:auto;margin:1rem 0 .4rem;border:1px solid var(--rule);border-radius:8px;background:var(--panel)}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.6rem 1rem;text-align:right;vertical-align:top;border-bottom:1px solid var(--rule)}
tbody tr:last-child>*{border-bottom:0}
thead th{font-size:.86rem;font-weight:600;vertical-align:bottom;white-space:nowrap}
thead th:first-child,tbody th{text-align:left}
thead th:first-child{color:var(--muted);font-weight:500}
tbody th{min-width:15rem;font-weight:600}
tbody th small{display:block;max-width:36rem;margin-top:.1rem;color:var(--muted);font-size:.84rem;font-weight:400;line-height:1.4}
td{white-space:nowrap}
td small{display:block;color:var(--muted);font-size:.78rem;font-weight:400}
.best,.swatch{background:var(--tint);font-weight:700}
.swatch{padding:.05rem .35rem;border-radius:3px;color:var(--ink)}
.model{display:inline-flex;align-items:center;gap:.45rem}
.key{flex:none}
.beside{display:none}
.keys{display:flex;flex-wrap:wrap;gap:.3rem 1.3rem;max-width:none;font-size:.9rem}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,20.5rem),1fr));gap:1.1rem;margin:1rem 0}
.plots.wide{grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr))}
.plot{margin:0;padding:1rem 1rem .9rem;border:1px solid var(--rule);border-radius:8px;background:var(--panel)}
.plot>svg{display:block;max-width:100%;height:auto}
.plot figcaption{margin-bottom:.55rem;font-size:.92rem;overflow-wrap:anywhere}
.plot figcaption b{font-weight:600}
.plot figcaption .detail{display:block;color:var(--muted);font-size:.85rem;line-height:1.4}
.images{display:grid;grid-template-columns:repeat(auto-fill,minmax(4.6rem,1fr));gap:.8rem;margin:.7rem 0}
.images figure{margin:0}
.images img{display:block;width:100%;height:auto;border:1px solid var(--rule);border-radius:4px;image-rendering:pixelated;background:#000}
.images figcaption{margin-top:.3rem;color:var(--muted);font-size:.8rem;line-height:1.3}
.pair{display:inline-flex;gap:1.1rem}
.pair i{display:inline-block;width:.75rem;height:.75rem;margin-right:.35rem;border-radius:2px;vertical-align:-.05rem;opacity:.75}
footer{margin-top:3.5rem;padding-top:1rem;border-top:1px solid var(--rule);color:var(--muted);font-size:.86rem}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (max-width:40rem){thead{display:none}tbody,tr,tbody th,td{display:block;border:0}tbody tr{padding:.7rem .85rem;border-bottom:1px solid var(--rule)}tbody th,td{padding:.1rem .3rem}tbody th small{margin-bottom:.3rem}td{display:flex;justify-content:space-between;gap:1rem;white-space:normal;border-radius:4px}.beside{display:inline;font-weight:400;overflow-wrap:anywhere}.plots,.plots.wide{gap:.8rem}.plot{padding:.8rem .6rem}}
details{margin:.6rem 0}
summary{cursor:pointer;font-weight:600}
@media print{main{max-width:none;padding:0}details::details-content{content-visibility:visible;height:auto;display:block}.plot,.images figure,tr{break-inside:avoid}}
`.trim();
