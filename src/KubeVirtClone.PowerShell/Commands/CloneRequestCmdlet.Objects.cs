using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>How a request keeps which source is meant, and in which cluster.</summary>
public abstract partial class CloneRequestCmdlet
{
    private IReadOnlyList<CloneRequest>? _here;

    /// <summary>The clones asked for at all clusters.</summary>
    private protected IReadOnlyList<CloneRequest> AllRequests => _requests;

    /// <summary>Does work at the cluster of each request's source, and at the command's own where there is more to do.</summary>
    /// <param name="own">Whether there is work at the command's own cluster beside the requests.</param>
    /// <param name="work">The work; <see cref="Requests"/> are those of the cluster at hand then.</param>
    private protected void AtEachCluster(bool own, Action work) => AtEachPlace(
        [.. _requests.Select(r => new Piped<CloneRequest>(r, r.Input, (r.Input as KubeVirtObject)?.Cluster))],
        own,
        here =>
        {
            _here = [.. here.Select(p => p.Item)];
            try
            {
                work();
            }
            finally
            {
                _here = null;
            }
        });

    // A row's is looked at with its other columns.
    private void CheckNamespace(PipedObject piped)
    {
        if (piped.Kind == PipedKind.Source)
        {
            NamespaceOf(piped.Namespace, piped.SourceName);
            if (string.IsNullOrEmpty(SourceNamespace) || string.IsNullOrEmpty(piped.Namespace) || SourceNamespace == piped.Namespace) return;
            throw new InputException(
                FaultIds.NamespaceMismatch,
                ErrorCategory.InvalidArgument,
                $"'{piped.SourceName}' is in the namespace '{piped.Namespace}', and -SourceNamespace says '{SourceNamespace}': a piped object means that object, not another of its name.",
                "Leave out -SourceNamespace.");
        }

        if (piped.Kind == PipedKind.Retry && piped.Request is { Namespace.Length: > 0 } again)
            NamespaceOf(again.Namespace, again.TargetName ?? again.SourceName);
    }

    // What asks for a clone again knows its source; only the cluster is told by what it came in.
    private CloneRequest Identified(CloneRequest request, PipedObject piped, PSObject? input)
    {
        if (input is null || request.Input is not VMCloneRequest record || piped.Kind is not (PipedKind.Source or PipedKind.Retry)) return request;
        if (piped.Kind == PipedKind.Retry)
        {
            var asked = input.BaseObject as VMCloneRequest ?? (input.BaseObject as VMClone)?.Request;
            record.Cluster = PipedIdentity.ClusterOf(input) ?? asked?.Cluster;
            // Asked for otherwise it is another clone, of another batch.
            if (!RequestFields.All.Any(f => IsGiven(f.Name)))
                record.Batch = asked?.Batch ?? PropertyReader.GetText(PropertyReader.Get(input, "Request") ?? (PipedReference.IsCopyOf(input, typeof(VMCloneRequest)) ? input : null), "Batch");
            return request;
        }

        var identity = PipedIdentity.OfSource(input);
        (record.SourceUid, record.SourceMaker, record.Cluster) = (identity.Uid, identity.Maker, identity.Cluster);
        return request with { SourceUid = identity.Uid, SourceMaker = identity.Maker };
    }
}
