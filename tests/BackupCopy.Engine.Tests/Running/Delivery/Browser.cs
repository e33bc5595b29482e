using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Running.Delivery;

/// <summary>
/// A page as Chromium lays it out in a window of this width: in a frame of a page of ours, whose script looks
/// at it and counts what is wider than its place. Tests are skipped where there is no Chromium.
/// </summary>
internal sealed partial record Browser(int Width, int Overflowing, int Scripts, int Requests, string Text)
{
    private static readonly string[] s_programs =
        ["chromium", "chromium-browser", "google-chrome", "chrome.exe"];

    public static async Task<IReadOnlyList<Browser>> ShowAsync(string html, params int[] widths)
    {
        var program = Find();
        Assert.SkipWhen(program is null, "no Chromium on the PATH");
        using var folder = new TemporaryFolder();
        var page = folder["page.html"];
        await File.WriteAllTextAsync(page, Wrapped(html, widths));
        var start = new ProcessStartInfo(program!)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            $"--user-data-dir={folder["profile"]}", $"--window-size={widths.Max() + 100},900",
            "--run-all-compositor-stages-before-draw", "--dump-dom", new Uri(page).AbsoluteUri,
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var dom = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var seen = Seen().Matches(dom).Select(found => new Browser(
            Number(found, 1), Number(found, 2), Number(found, 3), Number(found, 4),
            WebUtility.HtmlDecode(found.Groups[5].Value))).ToList();
        Assert.True(seen.Count == widths.Length, $"Chromium said: {await errors}\n{dom}");
        return [.. seen.OrderBy(s => s.Width)];
    }

    // The frames' pages are of the same origin, so that the script may look into them.
    private static string Wrapped(string html, int[] widths) => $$"""
        <!DOCTYPE html><meta charset="utf-8"><body>
        <script>
        const page = new TextDecoder().decode(Uint8Array.from(
            atob('{{Convert.ToBase64String(Encoding.UTF8.GetBytes(html))}}'), c => c.charCodeAt(0)));
        for (const width of [{{string.Join(", ", widths)}}]) {
            const frame = document.createElement('iframe');
            frame.style = `border:0;width:${width}px;height:800px`;
            frame.onload = () => {
                const mail = frame.contentDocument;
                const inner = mail.documentElement.clientWidth;
                const wide = [...mail.querySelectorAll('*')].filter(
                    e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0
                    || e.getBoundingClientRect().right > inner + 0.5);
                const requests = frame.contentWindow.performance.getEntriesByType('resource').length;
                const seen = document.createElement('pre');
                seen.textContent = [
                    'seen', width, wide.length, mail.scripts.length, requests, mail.body.innerText, 'end']
                    .join(' ');
                document.body.append(seen);
            };
            frame.srcdoc = page;
            document.body.append(frame);
        }
        </script>
        """;

    private static int Number(Match found, int group) => int.Parse(found.Groups[group].Value);

    private static string? Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => s_programs.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);

    [GeneratedRegex(
        "<pre>seen ([0-9]+) ([0-9]+) ([0-9]+) ([0-9]+) (.*?) end</pre>", RegexOptions.Singleline)]
    private static partial Regex Seen();
}
