using System.Collections.Concurrent;
using KubeVirtClone.Engine.Cluster;

namespace KubeVirtClone.Engine.Objects;

/// <summary>
/// Deletes machines and has the volumes they own outlive them. While a machine is not being deleted, virt-controller makes it the owner of its templates'
/// data volumes again; once it is gone, the garbage collector takes what it owned. The machine is therefore held by a finalizer over its deletion until
/// nothing is its own any more. Whoever ends in between leaves a machine that says what was meant, and the next removal of it goes on. Each namespace is
/// read once, before its first machine goes. Safe to use from several tasks at a time.
/// </summary>
internal sealed class KeptVolumes(KubeVirtCluster cluster)
{
    private const string Finalizer = "kubevirtclone.io/keep-volumes";
    private const int Attempts = 5;

    private static readonly ResourceKind[] Kinds = [RelatedKinds.DataVolume, KubeVirtKinds.PersistentVolumeClaim];
    private static readonly WriteOptions Write = new() { FieldManager = CloneLabels.FieldManager };

    private readonly ConcurrentDictionary<string, Lazy<Task<IReadOnlyList<Volume>>>> _namespaces = new(StringComparer.Ordinal);

    /// <summary>Whether a machine was to be removed without its volumes, and that did not come to its end.</summary>
    public static bool IsHeld(KubernetesObject machine) => Finalizers(machine).Contains(Finalizer, StringComparer.Ordinal);

    /// <summary>Deletes a machine, and leaves what it owns with its data. What the server refuses is known before anything is changed.</summary>
    /// <param name="machine">The machine as it was read; only that very object is dealt with.</param>
    /// <param name="delete">The deletion; its precondition is set here.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Names of the volumes that stay, each <c>Kind namespace/name</c>.</returns>
    /// <exception cref="KubernetesException">Refused. Unless the machine is being deleted by then, everything is as it was.</exception>
    public async Task<IReadOnlyList<string>> DeleteMachineAsync(KubernetesObject machine, DeleteOptions delete, CancellationToken ct)
    {
        var owned = await OwnedAsync(machine, ct);
        foreach (var volume in owned)
            await DisownAsync(machine, volume, Write with { DryRun = true }, ct);
        delete = delete with { PreconditionUid = machine.Uid };
        if (delete.DryRun)
        {
            await cluster.Client.DeleteAsync(KubeVirtKinds.VirtualMachine, machine.Namespace, machine.Name, delete, ct);
            return [.. owned.Select(v => v.ToString())];
        }

        await ChangeFinalizersAsync(machine, now => IsHeld(now) ? Finalizers(now) : [.. Finalizers(now), Finalizer], ct);
        var isDeleted = false;
        try
        {
            await cluster.Client.DeleteAsync(KubeVirtKinds.VirtualMachine, machine.Namespace, machine.Name, delete, ct);
            isDeleted = true;
            // Read again: until the deletion virt-controller may have made some.
            owned = [.. owned, .. (await ByReferenceAsync(machine, ct)).Except(owned)];
            foreach (var volume in owned)
                await DisownAsync(machine, volume, Write, ct);
            await LetGoAsync(machine, _ => true, ct);
        }
        catch (ApiStatusException) when (!isDeleted)
        {
            // Not of one that an earlier run got deleted: its volumes would go with it.
            await LetGoAsync(machine, now => now.DeletionTimestamp is null, ct);
            throw;
        }
        catch (Exception e) when (e is OperationCanceledException or KubernetesException)
        {
            cluster.Callbacks.Warning?.Invoke(
                $"The removal of the virtual machine {machine.Namespace}/{machine.Name} did not come to its end: it is held until no volume is its own (finalizer {Finalizer}). The same command again goes on.");
            throw;
        }

        return [.. owned.Select(v => v.ToString())];
    }

    private async Task<IReadOnlyList<Volume>> OwnedAsync(KubernetesObject machine, CancellationToken ct)
    {
        var all = await _namespaces.GetOrAdd(machine.Namespace!, ns => new(() => ReadAsync(ns, ct))).Value;
        var owned = all.Where(v => v.Owner == machine.Uid).ToList();
        owned.AddRange((await ByReferenceAsync(machine, ct)).Except(owned));
        return owned;
    }

    // Unlike what is only reported, what is to be kept has to be seen whole: who may not list a kind is refused.
    private async Task<IReadOnlyList<Volume>> ReadAsync(string ns, CancellationToken ct)
    {
        var all = new List<Volume>();
        foreach (var kind in Kinds)
        {
            if (!await IsServedAsync(kind, ct))
                continue;
            await foreach (var item in cluster.Client.ListAsync(kind, ns, options: null, ct))
                all.AddRange(Owners(item).Select(owner => new Volume(kind, ns, item.Name, item.Uid, owner)));
        }

        return all;
    }

    // What was made for it since the namespace was read goes by the names the machine has for it.
    private async Task<IReadOnlyList<Volume>> ByReferenceAsync(KubernetesObject machine, CancellationToken ct)
    {
        var names = VirtualMachineRecord.From(machine).Volumes.Select(v => v.Reference)
            .Concat(machine.ItemsAt("spec", "dataVolumeTemplates").Select(t => t.Member("metadata")?.Text("name")))
            .OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        var found = new List<Volume>();
        foreach (var kind in Kinds)
        {
            if (names.Count == 0 || !await IsServedAsync(kind, ct))
                continue;
            foreach (var name in names)
            {
                if (await cluster.Client.FindAsync(kind, machine.Namespace, name, ct) is { } item && Owners(item).Contains(machine.Uid, StringComparer.Ordinal))
                    found.Add(new Volume(kind, machine.Namespace!, name, item.Uid, machine.Uid));
            }
        }

        return found;
    }

    private async Task<bool> IsServedAsync(ResourceKind kind, CancellationToken ct) =>
        kind.Group.Length == 0 || (await cluster.Client.GetServedVersionsAsync(kind.Group, ct)).Contains(kind.Version, StringComparer.Ordinal);

    private async Task DisownAsync(KubernetesObject machine, Volume volume, WriteOptions write, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            var now = await cluster.Client.FindAsync(volume.Kind, volume.Namespace, volume.Name, ct);
            if (now is null || now.Uid != volume.Uid || now.ToJsonObject()["metadata"]?["ownerReferences"] is not JsonArray owners)
                return;
            var others = owners.Where(o => o?["uid"]?.GetValue<string>() != machine.Uid).Select(o => o!.DeepClone()).ToArray();
            if (others.Length == owners.Count)
                return;
            if (await TryChangeAsync(volume.Kind, now, "ownerReferences", new JsonArray(others), write, attempt, ct))
                return;
        }
    }

    private async Task LetGoAsync(KubernetesObject machine, Func<KubernetesObject, bool> isSafe, CancellationToken ct)
    {
        try
        {
            await ChangeFinalizersAsync(machine, now => isSafe(now) ? [.. Finalizers(now).Where(n => n != Finalizer)] : Finalizers(now), ct);
        }
        catch (ApiStatusException e) when (e.IsNotFound)
        {
            // Gone in this moment.
        }
    }

    private async Task ChangeFinalizersAsync(KubernetesObject machine, Func<KubernetesObject, IReadOnlyList<string>> change, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            var now = await cluster.Client.FindAsync(KubeVirtKinds.VirtualMachine, machine.Namespace, machine.Name, ct);
            if (now is null || now.Uid != machine.Uid)
                return;
            var changed = change(now);
            if (changed.SequenceEqual(Finalizers(now), StringComparer.Ordinal)
                || await TryChangeAsync(KubeVirtKinds.VirtualMachine, now, "finalizers", new JsonArray([.. changed.Select(f => (JsonNode?)f)]), Write, attempt, ct))
            {
                return;
            }
        }
    }

    // A list is replaced whole, so only as long as nobody else changes it; false when somebody did.
    private async Task<bool> TryChangeAsync(ResourceKind kind, KubernetesObject item, string list, JsonArray value, WriteOptions write, int attempt, CancellationToken ct)
    {
        var metadata = new JsonObject { ["uid"] = item.Uid, ["resourceVersion"] = item.ResourceVersion, [list] = value.Count == 0 ? null : value };
        try
        {
            await cluster.Client.PatchAsync(kind, item.Namespace, item.Name, PatchKind.Merge, new JsonObject { ["metadata"] = metadata }, write, ct);
            return true;
        }
        catch (KubernetesException e) when (attempt < Attempts && e is AnswerLostException or ApiStatusException { IsConflict: true })
        {
            return false;
        }
    }

    private static List<string> Finalizers(KubernetesObject item) =>
        (item.ToJsonObject()["metadata"]?["finalizers"] as JsonArray ?? []).Select(f => f?.GetValue<string>()).OfType<string>().ToList();

    private static IEnumerable<string> Owners(KubernetesObject item) =>
        item.ItemsAt("metadata", "ownerReferences").Select(o => o.Text("uid")).OfType<string>();

    private sealed record Volume(ResourceKind Kind, string Namespace, string Name, string Uid, string Owner)
    {
        public override string ToString() => $"{Kind.Kind} {Namespace}/{Name}";
    }
}
