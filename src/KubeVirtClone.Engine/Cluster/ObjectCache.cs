namespace KubeVirtClone.Engine.Cluster;

/// <summary>One watch, started when it is first needed, whose events are taken under its owner's lock.</summary>
/// <param name="owner">Whose waits its events may end.</param>
/// <param name="kind">What is watched.</param>
/// <param name="ns">Where.</param>
/// <param name="scope">Which.</param>
/// <param name="optional">Whether waits go on where the server does not let us watch.</param>
/// <param name="take">Takes an event.</param>
internal class ObjectWatch(WatchedCaches owner, ResourceKind kind, string ns, WatchOptions scope, bool optional, Action<ResourceEvent>? take = null)
{
    private Task? _run;

    /// <summary>True once everything that exists has been seen.</summary>
    public bool Synced { get; private set; }

    /// <summary>True when the server does not let us watch.</summary>
    public bool Refused { get; private set; }

    /// <summary>Starts the watch unless it runs already.</summary>
    public void Start() => owner.Begin(ref _run, RunAsync);

    protected virtual void Take(ResourceEvent change) => take?.Invoke(change);

    /// <summary>Name of the waits that an event of an object may end.</summary>
    protected virtual string Concerned(KubernetesObject item) => item.Name;

    private async Task RunAsync()
    {
        var target = $"{ns}/{kind.Plural}";
        try
        {
            await foreach (var change in owner.Cluster.Client.WatchAsync(kind, ns, scope, owner.Stopped))
            {
                owner.Do(
                    () =>
                    {
                        Synced |= change.Kind == ResourceEventKind.Synced;
                        Take(change);
                    },
                    change.Object is { } item ? Concerned(item) : null);
            }

            // A watch goes on for as long as it is read: one that is over has shown nobody what they wait for.
            End(FaultMapper.WatchEnded(target, cause: null));
        }
        catch (OperationCanceledException) when (owner.Stopped.IsCancellationRequested)
        {
            // Nobody waits any more.
        }
        catch (KubernetesException e)
        {
            End(FaultMapper.From(e, target));
        }
#pragma warning disable CA1031 // Whatever ends a watch ends those who wait for what it would have shown; left alone they would wait for ever.
        catch (Exception e)
#pragma warning restore CA1031
        {
            End(FaultMapper.WatchEnded(target, e));
        }
    }

    private void End(Fault fault)
    {
        owner.Cluster.Callbacks.Verbose?.Invoke($"{kind.Plural} in {ns} cannot be watched: {fault.Message}");
        owner.Do(() =>
        {
            Refused = true;
            if (!optional || fault.Exception is not ApiStatusException)
                owner.End(fault);
        });
    }
}

/// <summary>What is needed of the objects of a watch that are there now, by name. Used under its owner's lock.</summary>
/// <typeparam name="T">What is kept of an object.</typeparam>
/// <param name="owner">Whose waits its events may end.</param>
/// <param name="kind">What is watched.</param>
/// <param name="ns">Where.</param>
/// <param name="scope">Which.</param>
/// <param name="read">What is kept of an object; null keeps nothing.</param>
/// <param name="optional">Whether waits go on where the server does not let us watch.</param>
/// <param name="concerned">Name of what an object is of, whose wait its events may end; null, or giving null, where that is its own.</param>
internal sealed class ObjectCache<T>(
    WatchedCaches owner, ResourceKind kind, string ns, WatchOptions scope, Func<KubernetesObject, T?> read, bool optional, Func<KubernetesObject, string?>? concerned = null)
    : ObjectWatch(owner, kind, ns, scope, optional)
    where T : class
{
    private readonly Dictionary<string, T> _items = new(StringComparer.Ordinal);

    /// <summary>What is kept.</summary>
    public IReadOnlyCollection<T> Items => _items.Values;

    /// <summary>What is kept of one object; null where it is not there, or not seen.</summary>
    public T? this[string name]
    {
        get => _items.GetValueOrDefault(name);
        set
        {
            if (value is null)
                _items.Remove(name);
            else
                _items[name] = value;
        }
    }

    protected override string Concerned(KubernetesObject item) => concerned?.Invoke(item) ?? base.Concerned(item);

    protected override void Take(ResourceEvent change)
    {
        if (change.Object is { } item)
            this[item.Name] = change.Kind == ResourceEventKind.Deleted ? null : read(item);
    }
}
