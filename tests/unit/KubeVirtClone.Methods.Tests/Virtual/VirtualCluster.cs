using System.Diagnostics.CodeAnalysis;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Sandbox.Tests.Replay;

namespace KubeVirtClone.Methods.Tests.Virtual;

/// <summary>
/// The engine at work on a sandbox in virtual time, with KubeVirt's pace on: minutes cost nothing. Every request takes
/// <see cref="RequestTime"/>, so that many requests are not free either.
/// </summary>
internal sealed class VirtualCluster : IAsyncDisposable
{
    /// <summary>What a request to a cluster nearby takes.</summary>
    public static readonly TimeSpan RequestTime = TimeSpan.FromMilliseconds(10);

    // A jump that may pass a deadline of the engine's.
    private static readonly TimeSpan LongJump = TimeSpan.FromSeconds(5);

    // However small the steps: a thread that was taken away in the midst of the engine's work comes back before much time has gone by.
    private static readonly TimeSpan Breath = TimeSpan.FromSeconds(1);

    private readonly string _namespace;
    private readonly HashSet<string> _unlisted = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unread = new(StringComparer.Ordinal);
    private readonly HashSet<string> _creatable = new(StringComparer.Ordinal);
    private readonly EngineActivity _activity = new();
    private VirtualTime _time;
    private InProcessClient _client;
    private DateTimeOffset _breathed;
    private Func<string, string, bool>? _fails;
    private (string Plural, TimeSpan Time)? _lag;

    public VirtualCluster(string @namespace = "default", bool nodes = false)
    {
        Sandbox = new ReplaySandbox(@namespace, nodes);
        _namespace = @namespace;
        BeginProcess(killAt: null);
    }

    public ReplaySandbox Sandbox { get; }

    /// <summary>The cluster as the engine's process of now sees it: another after a kill.</summary>
    public KubeVirtCluster Cluster { get; private set; }

    /// <summary>What the engine said on the way.</summary>
    public ConcurrentLines Said { get; } = new();

    /// <summary>Mutating requests so far: verb, plural, name.</summary>
    public IReadOnlyList<string> Writes => _client.Writes;

    /// <summary>Lets time pass until some work of the engine is done.</summary>
    public async Task<T> RunAsync<T>(Func<Task<T>> work, TimeSpan? atMost = null)
    {
        var task = _activity.Start(work);
        await DriveAsync(task, atMost);
        return await task;
    }

    /// <summary>
    /// Does work in a process of its own, which is killed at one of its mutating requests: whatever it has under way ends there and then,
    /// nothing is cleared up, and the next work begins in a process that knows nothing of it. False when the work ended before it came to that point.
    /// </summary>
    public async Task<bool> RunAndKillAsync<T>(Func<Task<T>> work, KillPoint at)
    {
        BeginProcess(at);
        try
        {
            var task = _activity.Start(work);
            await DriveAsync(task, atMost: null);
            if (!_client.IsDead)
                await task;
            return _client.IsDead;
        }
        finally
        {
            BeginProcess(killAt: null);
        }
    }

    /// <summary>From here on the engine's user may not list a kind.</summary>
    public void MayNotList(string plural)
    {
        _unlisted.Add(plural);
        BeginProcess(killAt: null);
    }

    /// <summary>From here on the engine's user may not read a kind at all.</summary>
    public void MayNotRead(string plural)
    {
        _unread.Add(plural);
        MayNotList(plural);
    }

    /// <summary>From here on access reviews say that the engine's user may create these kinds, and no others.</summary>
    public void MayCreate(params string[] plurals)
    {
        _creatable.UnionWith(plurals);
        BeginProcess(killAt: null);
    }

    /// <summary>From here on the server fails to carry out these mutating requests, by verb and plural; null for none.</summary>
    public void Fail(Func<string, string, bool>? fails)
    {
        _fails = fails;
        BeginProcess(killAt: null);
    }

    /// <summary>From here on watches of a kind come behind.</summary>
    public void Lag(string plural, TimeSpan time)
    {
        _lag = (plural, time);
        BeginProcess(killAt: null);
    }

    /// <summary>Lets the cluster work by itself for a while.</summary>
    public void Settle(TimeSpan time) => Sandbox.Run(time);

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await Sandbox.DisposeAsync();
    }

    [MemberNotNull(nameof(_time), nameof(_client), nameof(Cluster))]
    private void BeginProcess(KillPoint? killAt)
    {
        _time = new VirtualTime(() => Sandbox.Now);
        _client = new InProcessClient(Sandbox, _namespace, RequestTime) { KillAt = killAt, Unlisted = _unlisted, Unread = _unread, Creatable = _creatable, Fails = _fails, Lag = _lag };
        Cluster = new KubeVirtCluster(_client, new EngineCallbacks { Verbose = Said.Add, Warning = text => Said.Add(text.ToString()) }, _time);
    }

    private async Task DriveAsync(Task task, TimeSpan? atMost)
    {
        var end = Sandbox.Now + (atMost ?? TimeSpan.FromMinutes(30));
        while (!task.IsCompleted && !_client.IsDead)
        {
            if (await TurnAsync(task))
                continue;
            if (Sandbox.Now > end)
                throw new TimeoutException($"not done by {Sandbox.Now:HH:mm:ss} of virtual time; said: {Said}; last writes: {string.Join(", ", Writes.TakeLast(5))}");
        }
    }

    // One thing: requests first, then the controllers, then the engine's turn, and only then the time goes on.
    private async Task<bool> TurnAsync(Task task)
    {
        if (_client.ServeDue() || Sandbox.Step())
            return true;
        if (await EngineMovesAsync(task))
            return true;
        // An answer that nobody has taken yet, and who waits for no answer, no timer and no news: at work, however long it takes, for the machine may have better to do.
        var begun = _activity.Begun;
        var next = new[] { _client.NextDue, Sandbox.NextDue, _time.NextDue }.Min();
        if (_client.HasUntakenAnswers || next is null || (_client.NextDue is null && _time.NextDue is null && _client.OpenWatches == 0))
        {
            await Task.Delay(1);
            return true;
        }

        if (next - Sandbox.Now > LongJump && await _activity.HasMovedAsync(task, begun))
            return true;
        if (Sandbox.Now - _breathed >= Breath)
        {
            _breathed = Sandbox.Now;
            await Task.Delay(1);
            await _activity.SettleAsync(task);
            return true;
        }

        Sandbox.AdvanceTo(next.Value);
        if (_time.NextDue <= Sandbox.Now)
        {
            _client.Touch();
            _time.Fire();
        }

        return false;
    }

    // The engine is given the time it needs for all it can do without an answer, a timer or news.
    private async Task<bool> EngineMovesAsync(Task task)
    {
        if (!_client.TakeTouched())
            return false;
        await _activity.SettleAsync(task);
        return true;
    }
}

/// <summary>Lines from several threads.</summary>
internal sealed class ConcurrentLines
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];

    public void Add(string line)
    {
        lock (_gate)
            _lines.Add(line);
    }

    public override string ToString()
    {
        lock (_gate)
            return string.Join(Environment.NewLine, _lines);
    }
}
