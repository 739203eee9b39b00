using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Objects;

/// <summary>Finds the machines snapshots are asked of: KubeVirt would take a snapshot of one that does not exist, and have it wait until its deadline.</summary>
/// <param name="cluster">The connection.</param>
public sealed class SnapshotSources(KubeVirtCluster cluster)
{
    private readonly KubeVirtCluster _cluster = cluster ?? throw new ArgumentNullException(nameof(cluster));

    /// <summary>
    /// A request for each machine that is meant: wildcards in the machine's name are resolved, and the snapshot's name is a <see cref="NamePattern"/>:
    /// <c>{0}</c> and <c>{1}</c> in it are the machine's name. A name that does not exist gives a fault in its place, and so does a machine that is not
    /// the one that is meant. Where the machines may not be read, exact names are taken at their word.
    /// </summary>
    /// <param name="requests">The requests as given; an empty namespace is the connection's.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Each request, completed, or its fault.</returns>
    /// <exception cref="EngineException">The server cannot be asked.</exception>
    public async Task<IReadOnlyList<(SnapshotRequest Request, Fault? Fault)>> FindAsync(IReadOnlyList<SnapshotRequest> requests, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var found = new List<(SnapshotRequest, Fault?)>();
        foreach (var ofNamespace in requests.GroupBy(r => r.Namespace.Length > 0 ? r.Namespace : _cluster.Namespace, StringComparer.Ordinal))
        {
            var placed = ofNamespace.Select(r => r with { Namespace = ofNamespace.Key }).ToList();
            var (machines, faults) = await ReadAsync(ofNamespace.Key, placed, ct);
            foreach (var request in placed)
            {
                var name = new WildcardName(request.SourceName);
                if (faults.TryGetValue(request.SourceName, out var fault))
                    found.Add((request, fault));
                else if (name.IsPattern)
                    found.AddRange(machines.Keys.Where(name.Matches).Select((m, i) => Of(request, m, found.Count + 1 + i)).ToList());
                else if (machines.GetValueOrDefault(request.SourceName) is { } there && ReplacedFaults.OfMachine(there, request.SourceUid, request.SourceMaker) is { } another)
                    found.Add((request, another));
                else
                    found.Add(Of(request, request.SourceName, found.Count + 1));
            }
        }

        return found;
    }

    private static (SnapshotRequest, Fault?) Of(SnapshotRequest request, string machine, int number)
    {
        request = request with { SourceName = machine };
        try
        {
            return (request with { Name = request.Name is { } name ? NamePattern.Fill(name, "snapshot name", number, machine, target: null, counted: false) : null }, null);
        }
        catch (RequestFaultException e)
        {
            return (request, e.ToFault($"{request.Namespace}/{machine}"));
        }
    }

    private async Task<(Dictionary<string, KubernetesObject> Machines, Dictionary<string, Fault> Faults)> ReadAsync(string ns, List<SnapshotRequest> requests, CancellationToken ct)
    {
        var machines = new Dictionary<string, KubernetesObject>(StringComparer.Ordinal);
        var faults = new Dictionary<string, Fault>(StringComparer.Ordinal);
        var query = new ListQuery { Namespace = ns, Names = [.. requests.Select(r => r.SourceName).Distinct(StringComparer.Ordinal)] };
        try
        {
            await foreach (var (machine, fault) in new VirtualMachines(_cluster).ListAsync(query, ct))
            {
                if (machine is not null)
                    machines[machine.Name] = machine.Raw;
                else if (fault?.TargetName is { } target)
                    faults[target[(target.IndexOf('/', StringComparison.Ordinal) + 1)..]] = fault;
            }
        }
        catch (EngineException e) when (e.Fault.Exception is ApiStatusException { IsForbidden: true } && !query.Names.Any(n => new WildcardName(n).IsPattern))
        {
            _cluster.Callbacks.Verbose?.Invoke($"Whether the machines exist is not checked: {e.Message}");
        }

        return (machines, faults);
    }
}
