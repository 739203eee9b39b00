using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>What a case is replayed on: a sandbox in virtual time, or a live cluster. Objects go in and come out as in the recording.</summary>
internal interface IReplayTarget : IAsyncDisposable
{
    /// <summary>Whether time is real and the storage is played by the replay.</summary>
    bool IsLive { get; }

    /// <summary>What changed in the case's namespace since <see cref="StartRecording"/>, oldest first.</summary>
    IReadOnlyList<(double Ms, StoreEvent Event)> Changes { get; }

    /// <summary>Milliseconds since <see cref="StartRecording"/>.</summary>
    double Ms { get; }

    /// <summary>What follows counts from here.</summary>
    void StartRecording();

    ResourceType Find(JsonObject o);

    ResourceType Find(string kind);

    JsonObject? Get(string kind, string name);

    IReadOnlyList<JsonObject> List(string kind);

    /// <summary>A write as a user makes it: HTTP status, what was stored or the Status, warnings.</summary>
    JsonObject Post(ResourceType type, string? @namespace, JsonObject body, string? query = null, string? user = null);

    JsonObject Merge(string kind, string name, JsonNode patch, string? user = null);

    JsonObject Delete(string kind, string name, string? user = null, bool dryRun = false);

    JsonObject Subresource(string name, string verb);

    /// <summary>What a user is answered who may not <c>list</c> or <c>deletecollection</c>; null when the user may.</summary>
    JsonObject? Refusal(string user, string verb, ResourceType type);

    /// <summary>What is chance in KubeVirt (the order of its Go maps, how far its webhook's cache is), a target that can choose takes from the recording.</summary>
    void TakeChances(RecordedChances chances);

    /// <summary>From now on the snapshot of a volume takes this many seconds.</summary>
    void TakeSnapshotTime(double seconds);

    /// <summary>Lets the controllers work for a while.</summary>
    void Run(TimeSpan time);

    /// <summary>Lets them work until a moment of the recording, in milliseconds from its start.</summary>
    void RunToMs(double ms);

    /// <summary>Lets them work until something holds, at most for a while; whether it came to hold.</summary>
    bool RunUntil(Func<bool> holds, TimeSpan atMost);
}
