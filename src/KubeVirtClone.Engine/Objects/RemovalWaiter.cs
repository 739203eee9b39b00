using System.Globalization;
using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Objects;

/// <summary>One object that was told to go.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Namespace">Its namespace; empty where it is of the whole cluster.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid: another object of the same name does not count as this one.</param>
public sealed record RemovedObject(ResourceKind Kind, string Namespace, string Name, string Uid)
{
    /// <inheritdoc/>
    public override string ToString() => Namespace.Length == 0 ? $"{Kind.Kind} {Name}" : $"{Kind.Kind} {Namespace}/{Name}";
}

/// <summary>
/// Waits until deleted objects are gone: a deletion only asks for that, and whoever has a finalizer on the object (KubeVirt on
/// virtual machines, snapshots and restores) takes the time it needs. One watch per kind and namespace, however many.
/// </summary>
/// <param name="cluster">The connection.</param>
public sealed class RemovalWaiter(KubeVirtCluster cluster)
{
    /// <summary>How long commands wait for what they removed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));

    /// <summary>Waits.</summary>
    /// <param name="objects">What was told to go.</param>
    /// <param name="timeout">Longest wait.</param>
    /// <param name="ct">Stops within a second.</param>
    /// <returns>What is still there when the time is up; empty when all are gone.</returns>
    /// <exception cref="EngineException">The server cannot be asked. Where the user may not watch, nothing is waited for.</exception>
    public async Task<IReadOnlyList<RemovedObject>> WaitAsync(IReadOnlyCollection<RemovedObject> objects, TimeSpan timeout, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(objects);
        var groups = objects.GroupBy(o => (o.Kind, o.Namespace));
        var left = await Task.WhenAll(groups.Select(async group =>
        {
            try
            {
                return await UntilGoneAsync([.. group], timeout, ct);
            }
            catch (EngineException e) when (e.Fault.Exception is ApiStatusException { IsForbidden: true } refused)
            {
                _cluster.Callbacks.Verbose?.Invoke($"When the {group.Key.Kind.Plural} in {group.Key.Namespace} are gone cannot be seen: {refused.ApiMessage}");
                return [];
            }
        }));
        return [.. left.SelectMany(l => l)];
    }

    /// <summary>Waits for <see cref="Patience"/>.</summary>
    /// <param name="objects">What was told to go.</param>
    /// <param name="ct">Stops within a second.</param>
    /// <returns>What a user should know of what is still there; null when all are gone.</returns>
    /// <exception cref="EngineException">The server cannot be asked. Where the user may not watch, nothing is waited for.</exception>
    public async Task<string?> WarnOfLeftAsync(IReadOnlyCollection<RemovedObject> objects, CancellationToken ct)
    {
        var left = await WaitAsync(objects, Patience, ct);
        if (left.Count == 0)
            return null;
        var names = string.Join(", ", left.Take(5)) + (left.Count > 5 ? string.Create(CultureInfo.InvariantCulture, $" and {left.Count - 5} more") : "");
        return $"Deleted, but not gone yet after {Patience.TotalSeconds:0} s: {names}. Something has a finalizer on it; kubectl describe tells what.";
    }

    /// <summary>Waits for objects of one kind and namespace.</summary>
    /// <exception cref="EngineException">They cannot be watched.</exception>
    internal async Task<IReadOnlyList<RemovedObject>> UntilGoneAsync(IReadOnlyList<RemovedObject> group, TimeSpan timeout, CancellationToken ct)
    {
        var deadline = new Deadline(_cluster.Clock, timeout);
        await using var caches = new WatchedCaches(_cluster, ct);
        var scope = group is [var only] ? new WatchOptions { FieldSelector = $"metadata.name={only.Name}" } : new WatchOptions();
        var uids = caches.Watch(group[0].Kind, group[0].Namespace, scope, static item => item.Uid);
        var gone = await Task.WhenAll(group.Select(o => caches.UntilAsync<bool>(o.Name, deadline, late => uids.Synced && uids[o.Name] != o.Uid ? true : late ? false : null, ct)));
        return [.. group.Where((_, index) => !gone[index])];
    }
}
