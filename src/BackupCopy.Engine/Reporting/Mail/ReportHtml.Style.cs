namespace BackupCopy.Reporting.Mail;

internal static partial class ReportHtml
{
    // Written for one column of 400 px up to a desk's screen. Nothing in it may need an escape in XML.
    private const string Style = """
        :root { color-scheme: light dark; supported-color-schemes: light dark; }
        body { margin: 0; padding: 24px 16px; background: #eef0f3; color: #1f2933;
          font: 14px/1.45 -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
          -webkit-text-size-adjust: 100%; overflow-wrap: anywhere; }
        table { border-collapse: collapse; width: 100%; font: inherit; }
        td, th { text-align: left; vertical-align: top; overflow-wrap: anywhere; }
        .page { max-width: 960px; margin: 0 auto; background: #ffffff; border-radius: 10px;
          overflow: hidden; border: 1px solid #d9dee4; }
        .head .kind { font-size: 12px; letter-spacing: .06em; text-transform: uppercase; opacity: .85; }
        h1 { font-size: 24px; line-height: 1.25; margin: 2px 0 10px; font-weight: 650; }
        .pill { display: inline-block; border-radius: 999px; padding: 3px 12px; font-size: 13px;
          font-weight: 600; background: rgba(255, 255, 255, .2); }
        .body { padding: 18px 24px 22px; }
        .summary { font-size: 15px; margin: 0 0 16px; }
        h2 { font-size: 13px; letter-spacing: .05em; text-transform: uppercase; color: #5b6775;
          margin: 26px 0 6px; font-weight: 600; }
        .label, .cardlabel { font-size: 12px; color: #5b6775; }
        .counts { border-collapse: separate; border-spacing: 10px 0; margin: 0 -10px; width: 70%;
          table-layout: fixed; }
        .counts td { padding: 10px 16px; border-radius: 8px; }
        .counts .number { font-size: 26px; line-height: 1.15; font-weight: 650; }
        .counts td.none { background: #f3f5f7; color: #7b8794; }
        .counts td.good { background: #e4f4eb; color: #14693f; }
        .counts td.warn { background: #fdf0d5; color: #7d5000; }
        .counts td.bad { background: #fce5e3; color: #a1211a; }
        .counts td.calm { background: #e6e9ed; color: #3e4855; }
        .counts .label { color: inherit; }
        .facts { margin-top: 14px; table-layout: fixed; }
        .facts td { padding: 8px 12px 8px 0; border-top: 1px solid #e4e8ec; }
        .facts .value { font-weight: 550; font-variant-numeric: tabular-nums; }
        .rows th { font-size: 12px; font-weight: 600; color: #5b6775; padding: 6px 10px 6px 0;
          border-bottom: 1px solid #d9dee4; overflow-wrap: normal; }
        .rows td { padding: 9px 10px 3px 0; font-variant-numeric: tabular-nums; }
        .rows th.n, .rows td.n { text-align: right; }
        .rows th:last-child, .rows td:last-child { padding-right: 0; }
        .rows td.n { white-space: nowrap; }
        .rows td.name { font-weight: 600; min-width: 120px; }
        .rows tbody { border-bottom: 1px solid #e4e8ec; }
        .rows .details td { padding: 0 0 9px; color: #5b6775; font-size: 13px; }
        .rows tbody.bad .details td { color: #a1211a; }
        .rows tbody.warn .details td { color: #7d5000; }
        .mark { display: inline-block; border-radius: 5px; padding: 0 8px; font-size: 12px;
          font-weight: 600; white-space: nowrap; background: #e6e9ed; color: #3e4855; }
        .good .mark { background: #e4f4eb; color: #14693f; }
        .warn .mark { background: #fdf0d5; color: #7d5000; }
        .bad .mark { background: #fce5e3; color: #a1211a; }
        .notes td { padding: 7px 12px 7px 0; border-bottom: 1px solid #e4e8ec; }
        .notes .time { white-space: nowrap; color: #5b6775; font-variant-numeric: tabular-nums; }
        .notes .who { font-weight: 600; }
        .notes .text { width: 62%; padding-right: 0; }
        .notes .bad .text { color: #a1211a; }
        .notes .warn .text { color: #7d5000; }
        .more { color: #5b6775; font-size: 13px; margin: 8px 0 0; }
        .foot { padding: 12px 24px; border-top: 1px solid #e4e8ec; color: #5b6775; font-size: 12px; }
        @media (max-width: 760px) {
          body { padding: 0; }
          .page { border-radius: 0; border-width: 0; }
          .head { padding: 16px !important; }
          h1 { font-size: 21px; }
          .body { padding: 14px 16px 18px; }
          .counts { border-spacing: 8px 0; margin: 0 -8px; width: calc(100% + 16px); }
          .counts td { padding: 8px; }
          .counts .number { font-size: 22px; }
          .facts, .facts tbody, .facts tr { display: block; }
          .facts td { display: inline-block; width: 50%; box-sizing: border-box; padding: 7px 8px 7px 0; }
          .facts td.blank { display: none; }
          .rows, .notes, .notes tbody { display: block; }
          .rows thead { display: none; }
          .rows tbody { display: block; border: 1px solid #dfe4e9; border-left: 4px solid #aab4c0;
            border-radius: 8px; padding: 10px 12px; margin: 8px 0 10px; }
          .rows tbody.good { border-left-color: #2f9e68; }
          .rows tbody.warn { border-left-color: #d08a10; }
          .rows tbody.bad { border-left-color: #d0443b; }
          .rows tr { display: block; }
          .rows td, .rows td.n { display: inline-block; box-sizing: border-box; width: 33.33%;
            text-align: left; padding: 4px 6px 4px 0; white-space: normal; }
          .rows td.name { width: 60%; font-size: 15px; min-width: 0; }
          .rows td.status { width: 40%; text-align: right; padding-right: 0; }
          .rows .details td { display: block; width: 100%; padding: 4px 0 0; }
          .cardlabel { display: block !important; }
          .notes tr { display: block; padding: 8px 0; border-bottom: 1px solid #e4e8ec; }
          .notes td { display: inline; border: 0; padding: 0 8px 0 0; }
          .notes td.text { display: block; width: auto; padding: 2px 0 0; }
          .foot { padding: 12px 16px; }
        }
        @media (prefers-color-scheme: dark) {
          body { background: #12151a; color: #e4e8ed; }
          .page { background: #1c2128; border-color: #323a45; }
          h2, .label, .cardlabel, .rows th, .rows .details td, .notes .time, .more, .foot {
            color: #9eabb9; }
          .facts td, .rows tbody, .notes td, .notes tr, .rows th, .foot { border-color: #323a45; }
          .counts td.none { background: #262d36; color: #8b98a7; }
          .counts td.good, .good .mark { background: #173a29; color: #7fdcaa; }
          .counts td.warn, .warn .mark { background: #3d2f10; color: #f0c674; }
          .counts td.bad, .bad .mark { background: #46201d; color: #ffb0a8; }
          .counts td.calm, .mark { background: #303944; color: #c8d1db; }
          .rows tbody.bad .details td, .notes .bad .text { color: #ffb0a8; }
          .rows tbody.warn .details td, .notes .warn .text { color: #f0c674; }
        }
        @media (prefers-color-scheme: dark) and (max-width: 760px) {
          .rows tbody { border-color: #323a45; }
          .rows tbody.good { border-left-color: #2f9e68; }
          .rows tbody.warn { border-left-color: #d08a10; }
          .rows tbody.bad { border-left-color: #d0443b; }
        }
        """;
}
