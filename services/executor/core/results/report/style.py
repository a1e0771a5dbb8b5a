"""How a report looks, on paper and on screens, light and dark."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c2530; --dim: #5b6775; --line: #d9dfe6; --paper: #fff; --data: #1f6feb;
  --best: #b35900; --warn: #9a3b00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf1; --dim: #9aa7b5; --line: #333d48; --paper: #12171d;
  --data: #6ea8ff; --best: #ffb066; --warn: #ffb38a; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto; padding: 1.5rem;
  max-width: 60rem; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .4rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .2rem; overflow-wrap: anywhere; }
p { margin: .3rem 0; overflow-wrap: anywhere; } .dim { color: var(--dim); } .warn { color: var(--warn); }
.answer { font-size: 1.1rem; font-weight: 600; border-left: 4px solid var(--data); padding: .3rem .8rem; margin: 1rem 0; }
.scroll { overflow-x: auto; } svg { display: block; max-width: none; height: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .4rem 0; }
th, td { padding: .2rem .7rem .2rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--dim); font-weight: 500; } tbody th { font-weight: 500; overflow-wrap: anywhere; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .axis, svg .note { fill: var(--dim); }
svg .grid { stroke: var(--line); } svg .interval { stroke: var(--data); stroke-width: 2.5; opacity: .55; }
svg .thin { stroke-width: 1.5; } svg .dot, svg .bar, svg .field { fill: var(--data); } svg .best { fill: var(--best); }
svg .front { fill: none; stroke: var(--best); stroke-width: 1.5; stroke-dasharray: 4 3; } svg .mark { font-weight: 600; }
svg .none { fill: none; stroke: var(--line); stroke-dasharray: 3 3; }
@media print { body { max-width: none; } section { break-inside: avoid; } }
"""
