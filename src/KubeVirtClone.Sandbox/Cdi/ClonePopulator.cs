using KubeVirtClone.Sandbox.Controllers;

namespace KubeVirtClone.Sandbox.Cdi;

/// <summary>
/// CDI's clone populator: fills claims that refer to a VolumeCloneSource, by the way it chooses, phase by phase, and says in annotations
/// of the claim where it stands. It tries for ever.
/// </summary>
internal sealed class ClonePopulator
{
    private readonly Cluster _cluster;
    private readonly CloneTokens _tokens;
    private readonly WorkQueue _queue;
    private readonly ObjectIndex _byUid;
    private readonly ObjectIndex _byCloneSource;
    private readonly ObjectIndex _beside;
    private readonly ObjectIndex _snapshotsBeside;
    private readonly Dictionary<string, DateTimeOffset> _pods = [];

    public ClonePopulator(Cluster cluster, CloneTokens tokens)
    {
        _cluster = cluster;
        _tokens = tokens;
        _queue = cluster.Queue(Reconcile);
        _byUid = cluster.Index(cluster.Claims, c => IsTarget(c) ? [c.Uid()] : []);
        _byCloneSource = cluster.Index(cluster.Claims, c => IsTarget(c) ? [Cluster.Key(SourceNamespace(c), c.TextAt("spec", "dataSourceRef", "name") ?? "")] : []);
        _beside = cluster.Index(cluster.Claims, c => c.Label(CdiNames.OwnedByUid) is { } uid ? [uid] : []);
        _snapshotsBeside = cluster.Index(cluster.VolumeSnapshots, s => s.Label(CdiNames.OwnedByUid) is { } uid ? [uid] : []);
        cluster.On(cluster.Claims, e =>
        {
            if (IsTarget(e.Object))
                _queue.Add(Cluster.Key(e.Object));
            WakeOwner(e.Object);
        });
        cluster.On(cluster.VolumeSnapshots, e => WakeOwner(e.Object));
        cluster.On(cluster.CloneSources, e => _queue.Add(_byCloneSource.Find(Cluster.Key(e.Object))));
    }

    private static bool IsTarget(JsonObject claim) => ClaimSources.Populator(claim) == ClaimSources.Clone;

    private static string? SourceNamespace(JsonObject claim) => claim.Annotation(CdiNames.SourceNamespace) ?? claim.Namespace();

    private void WakeOwner(JsonObject beside)
    {
        if (beside.Label(CdiNames.OwnedByUid) is not { } uid)
            return;
        _queue.Add(_byUid.Find(uid));
    }

    private TimeSpan? Reconcile(string key)
    {
        if (_cluster.Get(_cluster.Claims, key) is not { } claim || !IsTarget(claim))
            return null;
        claim = NoteBinding(claim);
        if (claim.IsDeleting() || claim.Annotation(CdiNames.ClonePhase) == "Succeeded")
        {
            _pods.Remove(claim.Uid());
            if (claim.HasFinalizer(CdiNames.PopulatorFinalizer))
            {
                Remove(_cluster.Claims, _beside.Find(claim.Uid()));
                Remove(_cluster.VolumeSnapshots, _snapshotsBeside.Find(claim.Uid()));
                _cluster.RemoveFinalizer(_cluster.Claims, claim, CdiNames.PopulatorFinalizer);
            }

            return null;
        }

        if (claim.TextAt("status", "phase") == "Bound")
        {
            Say(claim, "Succeeded", null);
            return null;
        }

        try
        {
            return Populate(claim);
        }
        catch (ReconcileException e)
        {
            Fail(claim, e.Message);
            throw;
        }
        catch (ApiException e)
        {
            Fail(claim, e.Message);
            throw;
        }
    }

    private TimeSpan? Populate(JsonObject claim)
    {
        var home = SourceNamespace(claim);
        if (_cluster.Get(_cluster.CloneSources, home, claim.TextAt("spec", "dataSourceRef", "name") ?? "") is not { } reference)
        {
            Say(claim, "Pending", null);
            return null;
        }

        var source = new CloneSource(reference.TextAt("spec", "source", "kind") == "VolumeSnapshot", home ?? "", reference.TextAt("spec", "source", "name") ?? "");
        if (home != claim.Namespace() && !_tokens.Allows(claim, source))
            throw new ReconcileException("invalid token");
        if (claim.Annotation(CdiNames.CloneType) is not { } strategy)
        {
            if (CloneStrategy.Choose(_cluster, claim, source) is not { } chosen)
            {
                Say(claim, "Pending", null);
                return _cluster.Settings.Seconds(5);
            }

            Begin(claim, chosen);
            return null;
        }

        foreach (var (name, work) in new ClonePhases(_cluster, claim, source, _pods).Of(strategy))
        {
            if (work() is not { } wait)
                continue;
            Say(_cluster.Get(_cluster.Claims, Cluster.Key(claim)) ?? claim, name, CopyProgress(claim, source));
            return ClonePhases.Until(wait);
        }

        Say(_cluster.Get(_cluster.Claims, Cluster.Key(claim)) ?? claim, "Succeeded", null);
        return null;
    }

    private string? CopyProgress(JsonObject claim, CloneSource source) =>
        _cluster.Get(_cluster.Claims, source.Namespace, "tmp-pvc-" + claim.Uid())?.Annotation(CdiNames.Progress);

    private void Begin(JsonObject claim, CloneStrategy strategy)
    {
        var copy = claim.Copy();
        var annotations = copy.Ensure("metadata", "annotations");
        annotations[CdiNames.CloneType] = strategy.Type;
        annotations[CdiNames.ClonePhase] ??= "Pending";
        if (strategy.FallbackReason is { } reason)
            annotations[CdiNames.FallbackReason] = reason;
        copy.Ensure("metadata")["finalizers"] = JsonAccess.StringArray(copy.ArrayAt("metadata", "finalizers").Texts().Append(CdiNames.PopulatorFinalizer).Distinct());
        _cluster.Update(_cluster.Claims, copy);
    }

    private void Say(JsonObject claim, string phase, string? progress)
    {
        var (running, reason, message) = phase switch
        {
            "Succeeded" => ("false", "Completed", "Clone Complete"),
            "Pending" => ("false", "Pending", "Clone Pending"),
            _ => ("true", "Populator is running", ""),
        };
        var copy = claim.Copy();
        var annotations = copy.Ensure("metadata", "annotations");
        annotations.Remove(CdiNames.CloneError);
        annotations[CdiNames.ClonePhase] = phase;
        if (phase == "Succeeded")
            annotations[CdiNames.Progress] = CdiNames.Done;
        else if (progress is not null)
            annotations[CdiNames.Progress] = progress;
        Mark(annotations, running, reason, message);
        if (!copy.Same(claim))
            _cluster.Update(_cluster.Claims, copy);
    }

    private void Fail(JsonObject claim, string problem)
    {
        if (_cluster.Get(_cluster.Claims, Cluster.Key(claim)) is not { } now)
            return;
        var copy = now.Copy();
        var annotations = copy.Ensure("metadata", "annotations");
        annotations[CdiNames.ClonePhase] = "Error";
        annotations[CdiNames.CloneError] = problem;
        Mark(annotations, "false", "Error", problem);
        if (!copy.Same(now))
            _cluster.Update(_cluster.Claims, copy);
    }

    private static void Mark(JsonObject annotations, string running, string reason, string message)
    {
        annotations[CdiNames.Running] = running;
        annotations[CdiNames.RunningMessage] = message;
        annotations[CdiNames.RunningReason] = reason;
    }

    // What keeps the claim from being bound, as its Events say it.
    private JsonObject NoteBinding(JsonObject claim)
    {
        var copy = claim.Copy();
        var annotations = copy.Ensure("metadata", "annotations");
        var message = claim.TextAt("status", "phase") == "Pending" ? Waits(claim) : null;
        if (message is null)
        {
            foreach (var name in (ReadOnlySpan<string>)[CdiNames.Bound, CdiNames.BoundMessage, CdiNames.BoundReason])
                annotations.Remove(name);
        }
        else
        {
            annotations[CdiNames.Bound] = "false";
            annotations[CdiNames.BoundMessage] = message;
            annotations[CdiNames.BoundReason] = "Pending";
        }

        return copy.Same(claim) ? claim : _cluster.Update(_cluster.Claims, copy);
    }

    private string? Waits(JsonObject claim)
    {
        if (claim.Annotation("volume.kubernetes.io/storage-provisioner") is { } provisioner)
            return ClaimController.Waiting(provisioner);
        return _cluster.Get(_cluster.StorageClasses, null, claim.TextAt("spec", "storageClassName") ?? "").TextAt("volumeBindingMode") == "WaitForFirstConsumer"
            ? ClaimController.WaitsForConsumer
            : null;
    }

    private void Remove(ResourceType type, IReadOnlyList<string> keys)
    {
        foreach (var key in keys)
        {
            var slash = key.IndexOf('/', StringComparison.Ordinal);
            _cluster.DeleteIfThere(type, key[..slash], key[(slash + 1)..]);
        }
    }
}
