using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KubeVirtClone.Sandbox.Tests.Kubectl;

namespace KubeVirtClone.Sandbox.Tests.Conformance;

/// <summary>Unmodified kubectl.</summary>
internal sealed partial class KubectlDriver(ConformanceFixture fixture) : IDriver
{
    public Task<Reply> CreateAsync(Resource resource, JsonObject body, bool dryRun = false) =>
        RunAsync(["create", "-f", "-", "-o", "json", .. DryRun(dryRun)], body.ToJsonString());

    public Task<Reply> GetAsync(Resource resource, string name) => RunAsync(["get", resource.Qualified, name, "-o", "json"]);

    public async Task<Reply> ListAsync(Resource resource, string? labels = null, string? fields = null, int pageSize = 500)
    {
        var reply = await RunAsync(
        [
            "get", resource.Qualified, "-o", "json", $"--chunk-size={pageSize}",
            .. labels is null ? Array.Empty<string>() : ["-l", labels], .. fields is null ? Array.Empty<string>() : ["--field-selector", fields],
        ]);
        return reply.Ok ? new Reply(reply.Value["items"]) : reply;
    }

    public Task<Reply> PatchAsync(Resource resource, string name, string type, JsonNode patch, string? subresource = null) => RunAsync(
        ["patch", resource.Qualified, name, "--type", type, "-p", patch.ToJsonString(), "-o", "json", .. subresource is null ? Array.Empty<string>() : ["--subresource", subresource]]);

    public Task<Reply> ApplyAsync(Resource resource, JsonObject body, string manager, bool force = false) => RunAsync(
        ["apply", "--server-side", "--field-manager", manager, "-f", "-", "-o", "json", .. force ? ["--force-conflicts"] : Array.Empty<string>()], body.ToJsonString());

    public Task<Reply> DeleteAsync(Resource resource, string name, bool dryRun = false) =>
        RunAsync(["delete", resource.Qualified, name, "--wait=false", "-o", "name", .. DryRun(dryRun)]);

    public Task<Reply> PowerAsync(string machine, string subresource) => RunAsync(["replace", "--raw", fixture.PowerPath(machine, subresource), "-f", "-"], "{}");

    public IWatch Watch(Resource resource, string labels) => new RunningWatch(fixture.Start(
        "get", resource.Qualified, "-l", labels, "-w", "--output-watch-events", "-o", "jsonpath={.type}/{.object.metadata.name}{\"\\n\"}"));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string[] DryRun(bool dryRun) => dryRun ? ["--dry-run=server"] : [];

    private async Task<Reply> RunAsync(string[] arguments, string? input = null)
    {
        var result = await fixture.Run(arguments, input);
        if (result.ExitCode == 0)
            return new Reply(result.Output.StartsWith('{') ? JsonNode.Parse(result.Output) : JsonValue.Create(result.Output.Trim()));
        // kubectl words these in its own way; everything else stands behind the reason in parentheses.
        var reason = ReasonInErrors().Match(result.Errors) is { Success: true } found ? found.Groups["reason"].Value
            : result.Errors.Contains(" is invalid: ", StringComparison.Ordinal) ? "Invalid"
            : result.Errors.Contains("conflict with ", StringComparison.Ordinal) ? "Conflict"
            : result.Errors.Contains("unknown format", StringComparison.Ordinal) ? "UnsupportedMediaType"
            : "?";
        return new Reply(null, reason, result.Errors);
    }

    [GeneratedRegex(@"Error from server \((?<reason>\w+)\)", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex ReasonInErrors();

    private sealed class RunningWatch(Process process) : IWatch
    {
        public async Task<string> NextAsync() => await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) ?? "the watch has ended";

        public async ValueTask DisposeAsync()
        {
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            process.Dispose();
        }
    }
}
