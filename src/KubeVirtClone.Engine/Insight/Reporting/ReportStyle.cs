namespace KubeVirtClone.Engine.Insight.Reporting;

/// <summary>The page's style: readable on a phone, in light and dark, on paper, and with colours that differ in lightness as well.</summary>
internal static class ReportStyle
{
    public const string Css = """

        :root { --ink: #1b1f24; --dim: #57606a; --paper: #ffffff; --panel: #f3f5f8; --line: #c9d1d9; --good: #116329; --bad: #b3261e; --wait: #7d4e00;
          --Snapshot: #0b5cad; --Restore: #d97706; --Bind: #15803d; --Boot: #7e3fa8; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e6edf3; --dim: #a3adb8; --paper: #0d1117; --panel: #1a212b; --line: #3b4552; --good: #56d364; --bad: #ff8a80; --wait: #f0b95b;
            --Snapshot: #6cb2ff; --Restore: #f5a742; --Bind: #5bd07f; --Boot: #cf9bf2; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
        h1 { margin: 0; font-size: 1.6rem; overflow-wrap: anywhere; }
        h2 { margin: 2rem 0 .5rem; font-size: 1.2rem; }
        header p, footer p { color: var(--dim); margin: .25rem 0; overflow-wrap: anywhere; }
        footer { margin-top: 2rem; border-top: 1px solid var(--line); }
        .skip { position: absolute; left: -999rem; }
        .skip:focus { position: static; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .75rem; margin: 0; }
        .tiles div { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; }
        .tiles dt { color: var(--dim); font-size: .85rem; }
        .tiles dd { margin: 0; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
        .tiles .good dd { color: var(--good); }
        .tiles .bad dd { color: var(--bad); }
        .wide { overflow-x: auto; }
        table { width: 100%; border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
        caption { text-align: left; color: var(--dim); padding: .25rem 0; }
        th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
        td, tbody th { overflow-wrap: anywhere; }
        thead th, .whole { white-space: nowrap; }
        tbody th { min-width: 8rem; max-width: 18rem; }
        .step { min-width: 12rem; }
        .badge { border: 1px solid currentColor; border-radius: 1rem; padding: 0 .5rem; white-space: nowrap; }
        .Stuck, .Failed { color: var(--bad); }
        .Waiting { color: var(--wait); }
        details ul { margin: .25rem 0; padding-left: 1.1rem; }
        summary { cursor: pointer; }
        :focus-visible { outline: 3px solid var(--Snapshot); outline-offset: 2px; }
        .counts, .legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; margin: 0 0 .5rem; padding: 0; font-size: .9rem; }
        .key { display: inline-block; width: .9rem; height: .9rem; margin-right: .35rem; vertical-align: -.1rem; border-radius: .15rem; background: var(--Snapshot); }
        .key.Restore { background: var(--Restore); } .key.Bind { background: var(--Bind); } .key.Boot { background: var(--Boot); }
        .key.open { background: none; border: 2px dashed var(--bad); }
        .chart { display: block; min-width: 56rem; max-width: 100%; height: auto; }
        .chart text { fill: var(--ink); font: 11px system-ui, sans-serif; }
        .chart .name { text-anchor: end; } .chart .name.bad { fill: var(--bad); }
        .chart .tick { text-anchor: middle; fill: var(--dim); }
        .chart .grid { stroke: var(--line); stroke-width: 1; }
        .chart .Snapshot { fill: var(--Snapshot); } .chart .Restore { fill: var(--Restore); } .chart .Bind { fill: var(--Bind); } .chart .Boot { fill: var(--Boot); }
        .chart .open { fill-opacity: .25; stroke: var(--bad); stroke-dasharray: 4 3; }
        @media (max-width: 40rem) {
          thead { position: absolute; left: -999rem; }
          tr { display: block; border-bottom: 2px solid var(--line); padding: .4rem 0; }
          tbody th, td { display: block; border: 0; padding: .1rem 0; min-width: 0; max-width: none; }
          td::before { content: attr(data-label) ": "; color: var(--dim); }
        }
        @media print {
          :root { --ink: #000; --dim: #444; --paper: #fff; --panel: #fff; --line: #999; --good: #116329; --bad: #b3261e; --wait: #7d4e00;
            --Snapshot: #0b5cad; --Restore: #d97706; --Bind: #15803d; --Boot: #7e3fa8; }
          body { max-width: none; padding: 0; font-size: 10pt; }
          .chart { min-width: 0; width: 100%; }
          .chart rect, .key { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          tr, .tiles div, svg g { break-inside: avoid; }
          .wide { overflow: visible; }
        }

        """;
}
