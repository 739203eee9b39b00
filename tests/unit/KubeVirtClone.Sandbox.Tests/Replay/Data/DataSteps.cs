using System.Text;
using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay.Data;

/// <summary>
/// Carries out steps that are data, each as the request it describes: <c>create</c> (<c>object</c>, in its own namespace),
/// <c>patch</c> and <c>delete</c> (<c>kind</c>, <c>namespace</c>, <c>name</c>, <c>subresource</c>, <c>body</c>, <c>contentType</c>),
/// <c>get</c>, each with <c>query</c> and as <c>user</c> where given; <c>wait</c> until <c>path</c> of an object has <c>value</c>, or any
/// value, or the object is <c>gone</c>, for <c>seconds</c> at most; <c>sleep</c>. Where a step names an object by the recording's uid, or by a
/// name the recording's server made up, the object of this run is meant. The result has the recording's form: <c>httpStatus</c> with
/// <c>stored</c>, <c>object</c> or <c>response</c>, and <c>warnings</c>; of a wait <c>reached</c>. Another <c>do</c> is an error.
/// </summary>
internal sealed class DataSteps(ReplaySandbox sandbox, DataCase @case)
{
    private const double LongestWait = 120;

    // The recorder looked every few hundredths of a second: what follows at once has settled by then.
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(30);
    private readonly Dictionary<string, string> _ours = new(StringComparer.Ordinal);

    /// <summary>Carries out one step; its result.</summary>
    public JsonObject Do(JsonObject entry)
    {
        var step = Translate(entry.ObjectAt("step")!);
        switch (step.TextAt("do"))
        {
            case "create":
                return Create(step, entry.ObjectAt("result"));
            case "patch":
                return Send(HttpMethod.Patch, step, step["body"], step.TextAt("contentType") ?? "application/merge-patch+json", "stored");
            case "delete":
                return Send(HttpMethod.Delete, step, step["body"], "application/json", "stored");
            case "get":
                return Send(HttpMethod.Get, step, null, "", "object");
            case "wait":
                var reached = sandbox.RunUntil(() => Holds(step), TimeSpan.FromSeconds(Seconds(step) ?? LongestWait));
                sandbox.Run(reached ? Look : TimeSpan.Zero);
                return new JsonObject { ["reached"] = reached };
            case "sleep":
                sandbox.Run(TimeSpan.FromSeconds(Seconds(step) ?? 0));
                return [];
            default:
                throw new NotSupportedException($"the replay does not know the step {step.ToJsonString()}");
        }
    }

    /// <summary>Whether the time a step takes is its own, not that of the request it sends.</summary>
    public static bool TakesItsTime(JsonObject entry) => entry.TextAt("step", "do") is "wait" or "sleep";

    private JsonObject Create(JsonObject step, JsonObject? recorded)
    {
        var body = step.ObjectAt("object")!;
        var type = sandbox.Find(body);
        var version = body.TextAt("apiVersion")!.Split('/')[^1];
        var result = sandbox.Request(HttpMethod.Post, type, version, body.Namespace(), null, step.TextAt("subresource"), body, "application/json", "stored", step.TextAt("query"), step.TextAt("user"));
        if (recorded.ObjectAt("stored") is { } theirs && result.ObjectAt("stored") is { } ours)
        {
            _ours[theirs.Uid()] = ours.Uid();
            if (theirs.Name() != ours.Name())
                _ours[theirs.Name()] = ours.Name();
        }

        return result;
    }

    private JsonObject Send(HttpMethod method, JsonObject step, JsonNode? body, string contentType, string part)
    {
        var type = sandbox.Find(step.TextAt("kind")!);
        return sandbox.Request(method, type, type.Versions[0], step.TextAt("namespace"), step.TextAt("name"), step.TextAt("subresource"), body, contentType, part, step.TextAt("query"), step.TextAt("user"));
    }

    private bool Holds(JsonObject step)
    {
        var found = Find(step.TextAt("kind")!, step.TextAt("namespace"), step.TextAt("name")!);
        if (step.FlagAt("gone") is true)
            return found is null;
        var at = found.At(step.TextAt("path")!.Split('.'));
        return step.TryGetPropertyValue("value", out var value) ? found is not null && at.Same(value) : at is not null;
    }

    private JsonObject? Find(string kind, string? @namespace, string name) =>
        sandbox.Find(kind) is var type ? sandbox.Api.Get(type, type.Namespaced ? @namespace : null, name) : null;

    private static double? Seconds(JsonObject step) => step["seconds"]?.GetValue<double>();

    private JsonObject Translate(JsonObject step) => (JsonObject)JsonNode.Parse(Translate(step.ToJsonString()))!;

    private string Translate(string text)
    {
        foreach (var uid in DataCase.Uuids(text).Select(m => m.Value).Where(u => !_ours.ContainsKey(u)).Distinct().ToList())
            Learn(uid);
        var result = new StringBuilder(text);
        foreach (var (theirs, ours) in _ours)
            result.Replace(theirs, ours);
        return result.ToString();
    }

    // A uid that is first named here: what had it in the recording tells what has it now.
    private void Learn(string uid)
    {
        var theirs = DataCase.Whole(@case.Data).FirstOrDefault(o => o.Uid() == uid);
        if (theirs is not null && sandbox.Api.Types.Any(t => t.Kind == theirs.Kind()) && Find(theirs.Kind(), theirs.Namespace(), Translate(theirs.Name())) is { } ours)
            _ours[uid] = ours.Uid();
    }
}
