using System.Collections;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Input;
using KubeVirtClone.Session;

namespace KubeVirtClone.Commands;

/// <summary>How an object stays the one it was read as: in its namespace, in its cluster.</summary>
public abstract partial class KubeVirtCmdlet
{
    private readonly Dictionary<ConnectionSettings, ClusterIdentity> _verified = [];
    private readonly HashSet<object> _settled = new(ReferenceEqualityComparer.Instance);
    private ConnectionSettings? _place;
    private ConnectionSettings? _lastPlace;
    private (ConnectionSettings Settings, KubeVirtClusterReference Cluster)? _connected;

    /// <summary>Whether the work at hand is at the cluster that the parameters and the session mean, and not at that of an object.</summary>
    private protected bool IsAtOwnPlace { get; private set; } = true;

    /// <summary>Whether an item was refused because it is of another cluster.</summary>
    private protected bool HasRefused { get; private set; }

    /// <summary>What -WhatIf and -Confirm add to name a cluster that is not the session's.</summary>
    private protected string AtCluster
    {
        get
        {
            var settings = _place ?? OwnSettings;
            var session = KubeVirtSession.Current.Complete(new ConnectionSettings());
            if (settings.KubeConfig == session.KubeConfig && settings.Context == session.Context) return "";
            if (_connected is { } connected && connected.Settings == settings) return $" in the cluster {connected.Cluster}";
            return settings.Context is { } context ? $" in the cluster of the context '{context}'" : $" in the cluster of the kubeconfig '{settings.KubeConfig}'";
        }
    }

    /// <summary>Notes that an item has come back, as output or in an error.</summary>
    private protected void Settle(object? item)
    {
        if (item is null) return;
        lock (_settled) _settled.Add(item);
    }

    /// <summary>Notes what an update says of an item.</summary>
    private protected void Settle(ItemUpdate<CloneRecord> update, object? item)
    {
        if (update.Kind is ItemUpdateKind.Record or ItemUpdateKind.Fault or ItemUpdateKind.Skipped or ItemUpdateKind.Planned) Settle(item);
    }

    /// <summary>Those of some items that have not come back; from now on they have.</summary>
    private protected List<T> TakeUnsettled<T>(IEnumerable<T> items)
        where T : class
    {
        lock (_settled) return [.. items.Where(_settled.Add)];
    }

    private ConnectionSettings OwnSettings => KubeVirtSession.Current.Complete(GetGivenSettings());

    /// <summary>Which connection the work at hand is over: that of the objects, or the command's own, where it is known which that is.</summary>
    private ConnectionSettings SettingsAtHand()
    {
        if (_place is not null) return _place;
        RefuseUnclear();
        return OwnSettings;
    }

    private void RefuseUnclear()
    {
        if (!string.IsNullOrEmpty(KubeConfig) || !string.IsNullOrEmpty(Context) || !KubeVirtSession.Current.IsCallerUnclear) return;
        ThrowTerminatingError(ErrorRecords.Create(
            "ConnectionUnclear",
            ErrorCategory.InvalidOperation,
            "Another session had chosen a cluster by Connect-KubeVirt, and it is not known whether this runspace or job was started from it.",
            "Say which cluster is meant: Connect-KubeVirt here, or -Context (with -KubeConfig where it is in another file).",
            target: null));
    }

    /// <summary>Writes an object; from then on it says which cluster it is of.</summary>
    private protected new void WriteObject(object? output)
    {
        Mark(output);
        base.WriteObject(output);
    }

    /// <summary>Writes objects; from then on they say which cluster they are of.</summary>
    private protected new void WriteObject(object? output, bool enumerateCollection)
    {
        // Made once: what is enumerated again may be other objects.
        object?[] all = enumerateCollection && output is IEnumerable items and not string ? [.. items.Cast<object?>()] : [output];
        foreach (var item in all) Mark(item);
        base.WriteObject(enumerateCollection ? all : output, enumerateCollection);
    }

    /// <summary>Writes an error; what it is about says from then on which cluster it is of.</summary>
    private protected new void WriteError(ErrorRecord error)
    {
        Mark(error.TargetObject);
        base.WriteError(error);
    }

    /// <summary>The namespace an object is in; it wins, so a parameter must not contradict it.</summary>
    /// <param name="own">The object's namespace; null or empty when it does not tell one, and the command's counts.</param>
    /// <param name="name">Its name.</param>
    /// <exception cref="InputException">-Namespace says another.</exception>
    private protected string NamespaceOf(string? own, string? name)
    {
        if (string.IsNullOrEmpty(own)) return _commandNamespace ?? "";
        if (string.IsNullOrEmpty(_commandNamespace) || string.Equals(_commandNamespace, own, StringComparison.Ordinal)) return own;
        throw new InputException(
            FaultIds.NamespaceMismatch,
            ErrorCategory.InvalidArgument,
            $"'{name}' is in the namespace '{own}', and -Namespace says '{_commandNamespace}': a piped object means that object, not another of its name.",
            MyInvocation.MyCommand?.Parameters?.ContainsKey("TargetNamespace") == true
                ? $"Leave out -Namespace. To make the new machine in another namespace: -TargetNamespace {_commandNamespace}"
                : $"Leave out -Namespace. What is in '{_commandNamespace}' is meant by reading it there, or by its name.");
    }

    /// <summary>
    /// Does work at the cluster of each item, over the connection it was read by, unless the command line names one. Items of a cluster that is not the
    /// one such a connection leads to are refused, one by one.
    /// </summary>
    /// <param name="items">What was piped in.</param>
    /// <param name="own">Do the work at the command's own cluster even if nothing of it was piped in.</param>
    /// <param name="work">The work, with the items of one cluster; everything it runs is there.</param>
    private protected void AtEachPlace<T>(IReadOnlyCollection<Piped<T>> items, bool own, Action<IReadOnlyList<Piped<T>>> work)
    {
        var here = OwnSettings;
        var places = items.GroupBy(i => SettingsFor(i.Cluster)).ToList();
        if (own || items.Any(i => i.Cluster?.Settings is null)) RefuseUnclear();
        if (own && places.TrueForAll(p => p.Key != here)) work([]);
        foreach (var place in places)
        {
            // What goes on at one cluster ends before another is gone to: what it writes is marked with its own.
            if (_lastPlace != place.Key) FinishBegun();
            _lastPlace = _place = place.Key;
            // Asked for by the work too, which runs where no session can be seen.
            IsAtOwnPlace = place.Key == here;
            try
            {
                var verified = Verify([.. place]);
                if (verified.Count > 0 || (own && place.Key == here)) work(verified);
            }
            finally
            {
                _place = null;
                IsAtOwnPlace = true;
            }
        }
    }

    // The object's own connection, as whom the command line says; a cluster that is named there counts for everything.
    private ConnectionSettings SettingsFor(KubeVirtClusterReference? cluster)
    {
        var given = GetGivenSettings();
        if (cluster?.Settings is not { } settings || given.KubeConfig is not null || given.Context is not null) return OwnSettings;
        return given == new ConnectionSettings()
            ? settings
            : settings with { ImpersonateUser = given.ImpersonateUser, ImpersonateGroups = given.ImpersonateGroups, ImpersonateUid = given.ImpersonateUid };
    }

    private List<Piped<T>> Verify<T>(List<Piped<T>> items)
    {
        if (items.TrueForAll(i => i.Cluster is null)) return items;
        var settings = _place!;
        string? unreachable = null;
        if (!_verified.TryGetValue(settings, out var identity))
        {
            FinishBegun();
            (identity, unreachable) = Identify(settings);
            if (identity is not null) _verified[settings] = identity;
        }

        if (identity is not null) _connected = (settings, new KubeVirtClusterReference(identity, settings));
        var verified = new List<Piped<T>>();
        foreach (var item in items)
        {
            if (item.Cluster is null || (identity is not null && item.Cluster.IsOf(identity)))
            {
                verified.Add(item);
                continue;
            }

            var why = identity is null
                ? $", which cannot be reached over the connection it was read by ({unreachable}); this command would talk to {Describe(OwnSettings)}"
                : $"; {(IsAtOwnPlace ? "this command talks to" : "the connection it was read by leads to")} {identity}{(IsAtOwnPlace ? "" : " now")}";
            HasRefused = true;
            Settle(item.Input);
            WriteError(ErrorRecords.Create(
                FaultIds.ClusterMismatch,
                ErrorCategory.InvalidArgument,
                $"'{item.Item}' is of the cluster {item.Cluster}{why}. It was left alone.",
                "Name its cluster (-Context, -KubeConfig) where the object is acted on, or read it anew from the cluster that is meant.",
                item.Input));
        }

        return verified;
    }

    // The cluster a connection leads to; one that is not the command's own may be out of reach, which is the objects' affair.
    private (ClusterIdentity? Identity, string? Unreachable) Identify(ConnectionSettings settings)
    {
        ClusterIdentity? identity = null;
        string? unreachable = null;
        var isOwn = IsAtOwnPlace;
        var session = KubeVirtSession.Current;
        Run(async ct =>
        {
            try
            {
                await using var use = await session.OpenAsync(settings, ct);
                identity = await use.Cluster.GetIdentityAsync(ct);
            }
            catch (EngineException e) when (!isOwn)
            {
                unreachable = e.Message;
            }
        });
        return (identity, unreachable);
    }

    private static string Describe(ConnectionSettings settings) =>
        settings.Context is { } context ? $"the cluster of the context '{context}'"
            : settings.KubeConfig is { } file ? $"the cluster of the kubeconfig '{file}'" : "the cluster of kubectl's current context";

    /// <summary>Says of an object which cluster it is of: the one at hand, unless it says so itself.</summary>
    private protected void Mark(object? output)
    {
        var bare = output is PSObject wrapped ? wrapped.BaseObject : output;
        if (_connected is { } connected && bare is KubeVirtObject { Cluster: null } marked) marked.Cluster = connected.Cluster;
    }
}
