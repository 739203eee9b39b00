using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Kubernetes;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Sandbox.KubeVirt;
using KubeVirtClone.Sandbox.Machinery;
using KubeVirtClone.Sandbox.Tests.Replay;

namespace KubeVirtClone.Methods.Tests.Virtual;

/// <summary>A client of a sandbox in the same process. Requests wait for their turn in virtual time; whoever drives the time serves them.</summary>
internal sealed class InProcessClient : IKubernetesClient
{
    private readonly Lock _gate = new();
    private readonly Queue<Request> _waiting = new();
    private readonly Queue<Request> _late = new();
    private readonly List<string> _writes = [];
    private readonly ReplaySandbox _sandbox;
    private readonly TimeSpan _requestTime;
    private int _asked;
    private int _touched;
    private int _watches;
    private int _mutations;
    private int _untaken;
    private volatile bool _dead;

    public InProcessClient(ReplaySandbox sandbox, string @namespace, TimeSpan requestTime)
    {
        _sandbox = sandbox;
        _requestTime = requestTime;
        Configuration = new() { Server = new Uri("https://sandbox.test"), Namespace = @namespace, ContextName = "sandbox" };
    }

    public ClusterConfiguration Configuration { get; }

    public k8s.IKubernetes Core => throw new NotSupportedException();

    /// <summary>Requests so far.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>Watches that are open.</summary>
    public int OpenWatches => Volatile.Read(ref _watches);

    /// <summary>At which of its mutating requests the client's process is killed, from 1; null for never.</summary>
    public KillPoint? KillAt { get; init; }

    /// <summary>Plurals of the kinds its user may not list.</summary>
    public IReadOnlySet<string> Unlisted { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Plurals of the kinds its user may not read by name.</summary>
    public IReadOnlySet<string> Unread { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Kinds of which access reviews say that the user may create them; with none they say nothing.</summary>
    public IReadOnlySet<string> Creatable { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Which mutating requests the server fails to carry out, by verb and plural.</summary>
    public Func<string, string, bool>? Fails { get; init; }

    /// <summary>How long watches of a kind come behind.</summary>
    public (string Plural, TimeSpan Time)? Lag { get; init; }

    /// <summary>The process was killed: nothing it has sent is carried out any more, and nobody answers.</summary>
    public bool IsDead => _dead;

    /// <summary>Whether an answer was given that the engine has not begun to work with: its thread may have been taken away just then.</summary>
    public bool HasUntakenAnswers => !_dead && Volatile.Read(ref _untaken) > 0;

    /// <summary>When the next request is answered; null when none waits.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            lock (_gate)
                return new[] { _waiting, _late }.Select(q => q.TryPeek(out var request) ? request.Due : (DateTimeOffset?)null).Min();
        }
    }

    /// <summary>Mutating requests in order: verb, plural, name.</summary>
    public IReadOnlyList<string> Writes
    {
        get
        {
            lock (_gate)
                return [.. _writes];
        }
    }

    /// <summary>Notes that the engine has something to react to.</summary>
    public void Touch() => Volatile.Write(ref _touched, 1);

    public bool TakeTouched() => Interlocked.Exchange(ref _touched, 0) == 1;

    /// <summary>Answers the requests that are due; false when none was.</summary>
    public bool ServeDue()
    {
        var served = false;
        while (true)
        {
            Request request;
            lock (_gate)
            {
                if (new[] { _waiting, _late }.FirstOrDefault(q => q.TryPeek(out var next) && next.Due <= _sandbox.Now) is not { } due)
                    return served;
                request = due.Dequeue();
            }

            served = true;
            Touch();
            request.Serve();
        }
    }

    public Task<KubernetesObject> GetAsync(ResourceKind kind, string? ns, string name, CancellationToken ct) => Unread.Contains(kind.Plural) ? Task.FromException<KubernetesObject>(Forbidden(kind, "get")) : AskAsync(
        () => Read(_sandbox.Api.Get(Type(kind), kind.Namespaced ? ns : null, name) ?? throw ApiException.NotFound(Type(kind), name)), ct);

    public async IAsyncEnumerable<KubernetesObject> ListAsync(ResourceKind kind, string? ns, ListOptions? options, [EnumeratorCancellation] CancellationToken ct)
    {
        if (Unlisted.Contains(kind.Plural))
            throw Forbidden(kind, "list");
        var found = await AskAsync(() => Select(kind, ns, options?.LabelSelector, options?.FieldSelector), ct);
        foreach (var item in found)
            yield return item;
    }

    public Task<KubernetesObject> CreateAsync(ResourceKind kind, string? ns, JsonObject body, WriteOptions? options, CancellationToken ct) =>
        WriteAsync("create", kind, body.TextAt("metadata", "name") ?? "", () => _sandbox.Api.Create(Type(kind), ns, body, Who(options)), ct);

    public Task<KubernetesObject> PatchAsync(
        ResourceKind kind, string? ns, string name, PatchKind patchKind, JsonNode patch, WriteOptions? options, CancellationToken ct, string? subresource = null) =>
        WriteAsync(
            "patch",
            kind,
            name,
            () => _sandbox.Api.Patch(Type(kind), ns, name, patchKind == PatchKind.Json ? PatchType.Json : PatchType.Merge, patch.DeepClone(), Who(options), subresource),
            ct);

    public async Task<KubernetesObject?> DeleteAsync(ResourceKind kind, string? ns, string name, DeleteOptions? options, CancellationToken ct) => await WriteAsync(
        "delete",
        kind,
        name,
        () => _sandbox.Api.Delete(Type(kind), ns, name, new DeleteRequest { PreconditionUid = options?.PreconditionUid, PropagationPolicy = options?.PropagationPolicy }, Who(new WriteOptions { DryRun = options?.DryRun == true })),
        ct);

    public Task<HttpAnswer> SendAsync(HttpMethod method, string path, JsonNode? body, string accept, CancellationToken ct) => path.EndsWith("reviews", StringComparison.Ordinal) ? Task.FromResult(Review(path, body)) : AskAsync(
        () =>
        {
            if (path.Split('/') is not [.., "namespaces", var ns, "virtualmachines", var name, var verb])
                return new HttpAnswer(200, "application/json", """{"gitVersion":"v1.9.0"}""", null);
            Note(verb, "virtualmachines", name);
            _sandbox.Subresources.Invoke(ns, name, verb, body as JsonObject, Who(null));
            return new HttpAnswer(202, null, "", null);
        },
        ct,
        mutating: method != HttpMethod.Get);

    public async IAsyncEnumerable<ResourceEvent> WatchAsync(ResourceKind kind, string? ns, WatchOptions options, [EnumeratorCancellation] CancellationToken ct)
    {
        var events = Channel.CreateUnbounded<ResourceEvent>();
        using var watch = await AskAsync(
            () =>
            {
                foreach (var item in Select(kind, ns, options.LabelSelector, options.FieldSelector))
                    events.Writer.TryWrite(new(ResourceEventKind.Added, item));
                events.Writer.TryWrite(new(ResourceEventKind.Synced, null));
                return _sandbox.Api.Subscribe(change => Show(change, kind, ns, options, events.Writer));
            },
            ct);
        Interlocked.Increment(ref _watches);
        try
        {
            await foreach (var change in events.Reader.ReadAllAsync(ct))
                yield return change;
        }
        finally
        {
            Interlocked.Decrement(ref _watches);
        }
    }

    public Task<IReadOnlyList<string>> GetServedVersionsAsync(string group, CancellationToken ct) =>
        Task.FromResult(_sandbox.Api.Types.FirstOrDefault(t => t.Group == group)?.Versions ?? []);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // As by a server that has none; but who was given rights by the test is told of them.
    private HttpAnswer Review(string path, JsonNode? body)
    {
        var isTold = path.EndsWith("/selfsubjectaccessreviews", StringComparison.Ordinal) && Creatable.Count > 0;
        var answer = isTold ? new JsonObject { ["status"] = new JsonObject { ["allowed"] = Creatable.Contains(body!["spec"]!["resourceAttributes"]!["resource"]!.GetValue<string>()) } } : [];
        return new HttpAnswer(201, "application/json", answer.ToJsonString(), null);
    }

    private static ApiStatusException Forbidden(ResourceKind kind, string verb) =>
        new(403, "Forbidden", $"{kind.Plural} is forbidden: User \"alice\" cannot {verb} resource \"{kind.Plural}\"") { Kind = kind.Plural, IsApiStatus = true };

    private static KubernetesObject Read(JsonObject item) => new(JsonSerializer.SerializeToElement(item));

    private static RequestInfo Who(WriteOptions? options) => new(
        "admin", ["system:masters"], options?.DryRun == true, options?.FieldValidation ?? "Warn", options?.FieldManager);

    private static ApiStatusException Translate(ApiException refusal) => new(refusal.Code, refusal.Reason, refusal.Status.TextAt("message") ?? "")
    {
        IsApiStatus = true,
        Kind = refusal.Status.TextAt("details", "kind"),
        Group = refusal.Status.TextAt("details", "group"),
        Name = refusal.Status.TextAt("details", "name"),
        Causes = [.. refusal.Status.ArrayAt("details", "causes").Objects().Select(c => new StatusCause(c.TextAt("field"), c.TextAt("reason"), c.TextAt("message") ?? ""))],
    };

    private void Show(StoreEvent change, ResourceKind kind, string? ns, WatchOptions options, ChannelWriter<ResourceEvent> events)
    {
        if (_dead || change.Resource != Type(kind) || (ns is not null && kind.Namespaced && change.Namespace != ns) || !Selected(change.Object, kind, options.LabelSelector, options.FieldSelector))
            return;
        Touch();
        var seen = new ResourceEvent(
            change.Type switch
            {
                StoreEventType.Added => ResourceEventKind.Added,
                StoreEventType.Deleted => ResourceEventKind.Deleted,
                _ => ResourceEventKind.Modified,
            },
            Read(change.Object));
        if (Lag is not var (plural, time) || plural != kind.Plural)
        {
            events.TryWrite(seen);
            return;
        }

        lock (_gate)
            _late.Enqueue(new(_sandbox.Now + time, () => events.TryWrite(seen)));
    }

    // A kind that is not served is not found, as on any server.
    private ResourceType Type(ResourceKind kind) =>
        _sandbox.Api.Types.FirstOrDefault(t => t.Group == kind.Group && t.Plural == kind.Plural) ?? throw ApiException.NotFound(_sandbox.Find("Namespace"), kind.Plural);

    private List<KubernetesObject> Select(ResourceKind kind, string? ns, string? labels, string? fields) =>
        [.. _sandbox.Api.List(Type(kind), kind.Namespaced ? ns : null).Where(o => Selected(o, kind, labels, fields)).Select(Read)];

    private bool Selected(JsonObject item, ResourceKind kind, string? labels, string? fields) =>
        (labels is null || LabelSelector.Parse(labels).Matches(item)) && (fields is null || FieldSelector.Parse(fields, Type(kind)).Matches(item));

    private void Note(string verb, string plural, string name)
    {
        lock (_gate)
            _writes.Add($"{verb} {plural} {name}");
    }

    private Task<KubernetesObject> WriteAsync(string verb, ResourceKind kind, string name, Func<JsonObject> write, CancellationToken ct) => AskAsync(
        () =>
        {
            Note(verb, kind.Plural, name);
            return Fails?.Invoke(verb, kind.Plural) == true ? throw new ApiException(500, "InternalError", $"{verb} {kind.Plural}: the storage of the server does not answer") : Read(write());
        },
        ct,
        // What asks whether one may is posted, and changes nothing.
        mutating: !kind.Plural.StartsWith("selfsubject", StringComparison.Ordinal));

    private async Task<T> AskAsync<T>(Func<T> answer, CancellationToken ct, bool mutating = false)
    {
        const int answered = 1;
        const int over = 2;
        var state = 0;
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _asked++;
            _waiting.Enqueue(new(_sandbox.Now + _requestTime, Serve));
        }

        try
        {
            return await done.Task.WaitAsync(ct);
        }
        finally
        {
            if (Interlocked.Exchange(ref state, over) == answered)
                Interlocked.Decrement(ref _untaken);
        }

        // Who has given up waiting in this moment takes no answer.
        void Give()
        {
            Interlocked.Increment(ref _untaken);
            if (Interlocked.CompareExchange(ref state, answered, 0) == over)
                Interlocked.Decrement(ref _untaken);
        }

        void Serve()
        {
            if (_dead || ct.IsCancellationRequested)
                return;
            var fatal = mutating && ++_mutations == KillAt?.Request;
            if (fatal && !KillAt!.Done)
            {
                _dead = true;
                return;
            }

            try
            {
                var result = answer();
                _dead = fatal;
                if (fatal)
                    return;
                Give();
                done.TrySetResult(result);
            }
            catch (ApiException refusal)
            {
                Give();
                done.TrySetException(Translate(refusal));
            }
        }
    }

    private sealed record Request(DateTimeOffset Due, Action Serve);
}
