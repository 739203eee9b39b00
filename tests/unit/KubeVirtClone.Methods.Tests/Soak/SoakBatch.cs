using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Sandbox;
using Fault = KubeVirtClone.Sandbox.Fault;

namespace KubeVirtClone.Methods.Tests.Soak;

/// <summary>One batch of a soak: what is cloned, how, until when, and what goes wrong meanwhile. Everything is drawn from the soak's seed.</summary>
internal sealed record SoakBatch(
    string Name,
    string SourceKind,
    string Source,
    string Namespace,
    CloneMethodChoice Method,
    WaitState For,
    IReadOnlyList<string> Targets,
    IReadOnlyList<Fault> Storm,
    IReadOnlyList<int> Kills)
{
    /// <summary>A snapshot of <c>golden-pvc</c> that is there before the first batch.</summary>
    public const string Snapshot = "soak-source";

    /// <summary>The namespace that every third batch is made in, apart from its source.</summary>
    public const string Elsewhere = "elsewhere";

    private const string LateMachine = "golden-late";

    private static readonly (string Kind, string Name)[] Sources =
    [
        (SourceKinds.VirtualMachine, "golden-pvc"), (SourceKinds.VirtualMachineSnapshot, Snapshot), (SourceKinds.VirtualMachine, "golden"),
        (SourceKinds.VirtualMachine, "golden-dv"), (SourceKinds.VirtualMachine, LateMachine),
    ];

    private static readonly FaultKind[] Kinds = Enum.GetValues<FaultKind>();

    private static readonly CloneMethodChoice[] Methods = Enum.GetValues<CloneMethodChoice>();

    private static readonly WaitState[] States = Enum.GetValues<WaitState>();

#pragma warning disable CA5394 // Repeatable on purpose.
    public static SoakBatch Draw(Random random, int number)
    {
        // Each method and each kind of fault in its turn, so that a short soak has them all; what goes with it is drawn.
        var method = Methods[number % Methods.Length];
        // Only CDI copies what takes no snapshots, and no snapshot is a source for it.
        var sources = method == CloneMethodChoice.DataVolume ? [.. Sources.Where(s => s.Kind == SourceKinds.VirtualMachine), (SourceKinds.VirtualMachine, "legacy-01")] : Sources;
        var (kind, source) = sources[random.Next(sources.Length)];
        var state = States[random.Next(States.Length)];
        // Its volumes wait for the first start.
        if (source == LateMachine && state == WaitState.Bound)
            state = WaitState.Running;
        var name = $"soak-{number}";
        return new(
            name,
            kind,
            source,
            number % 3 == 2 ? Elsewhere : "default",
            method,
            state,
            [.. Enumerable.Range(1, random.Next(1, 13)).Select(i => $"{name}-{i}")],
            [.. new[] { Kinds[number % Kinds.Length], Kinds[random.Next(Kinds.Length)], Kinds[random.Next(Kinds.Length)] }.Distinct().Select(k => Strike(random, k))],
            [.. Enumerable.Range(0, random.Next(0, 4)).Select(_ => random.Next(1, 20))]);
    }

    private static Fault Strike(Random random, FaultKind kind) => kind switch
    {
        // One volume or two fare badly; more would be a cluster that is broken, which no repetition mends.
        >= FaultKind.StorageSlow => new Fault { Kind = kind, Count = random.Next(1, 3), Latency = TimeSpan.FromSeconds(kind == FaultKind.StorageSlow ? 30 : 0) },
        FaultKind.Latency => new Fault { Kind = kind, Probability = 0.2, Latency = TimeSpan.FromMilliseconds(random.Next(1, 300)) },
        // Each costs the whole time that a request may take.
        FaultKind.Hang => new Fault { Kind = kind, Probability = 0.02 },
        FaultKind.CutLine or FaultKind.HalfWatchLine => new Fault { Kind = kind, Probability = 0.1, AfterEvents = random.Next(0, 4) },
        _ => new Fault { Kind = kind, Probability = 0.05, RetryAfterSeconds = random.Next(0, 2) },
    };
#pragma warning restore CA5394

    public List<CloneRequest> Requests() => Targets.Select(target => new CloneRequest
    {
        Namespace = "default",
        SourceKind = SourceKind,
        SourceName = Source,
        TargetName = target,
        TargetNamespace = Namespace == "default" ? null : Namespace,
        Start = For == WaitState.Running,
    }).ToList();

    public CloneOptions Options(TimeSpan timeout) => new() { Method = Method, Wait = true, For = For, Batch = Name, Timeout = timeout };

    public override string ToString() =>
        $"{Name}: {Targets.Count} of {SourceKind} {Source} in {Namespace} by {Method} until {For}; {string.Join(", ", Storm.Select(f => f.Kind))}; killed at {(Kills.Count == 0 ? "none" : string.Join(", ", Kills))}";
}
