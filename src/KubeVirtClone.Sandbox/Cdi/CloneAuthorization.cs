using KubeVirtClone.Sandbox.Http;

namespace KubeVirtClone.Sandbox.Cdi;

/// <summary>Who may clone from another namespace: whoever has <c>create datavolumes/source</c> there, or could read the data anyway.</summary>
internal sealed class CloneAuthorization(ApiMachinery api, Authorizer authorizer)
{
    private const string KubeVirt = "system:serviceaccount:kubevirt:";
    private readonly ResourceType? _dataSources = api.FindType("cdi.kubevirt.io", "datasources");

    /// <summary>The source of a DataVolume; null when it does not clone.</summary>
    /// <exception cref="ApiException">404: its DataSource does not exist.</exception>
    public CloneSource? SourceOf(JsonObject dataVolume, string? @namespace)
    {
        if (dataVolume.ObjectAt("spec", "sourceRef") is { } reference && reference.TextAt("kind") == "DataSource"
            && reference.TextAt("name") is { Length: > 0 } name && _dataSources is { } type
            && api.Get(type, reference.TextAt("namespace") is { Length: > 0 } given ? given : @namespace, name) is null)
        {
            throw ApiException.NotFound(type, name);
        }

        return CloneSource.Of(dataVolume, @namespace, (ns, n) => _dataSources is null ? null : api.Get(_dataSources, ns, n));
    }

    /// <summary>Why a user may not clone a source into a namespace; null when the user may.</summary>
    public string? Refusal(CloneSource source, string? targetNamespace, string user, IReadOnlyList<string> groups)
    {
        // KubeVirt's own controllers have checked for whom they ask, and have the right.
        if (source.Namespace == targetNamespace || user.StartsWith(KubeVirt, StringComparison.Ordinal))
            return null;
        var who = new CallUser(user, groups);
        bool May(string group, string resource, string subresource = "", string name = "") => authorizer.Allows(who, new ApiPath
        {
            Verb = "create",
            IsResource = true,
            Group = group,
            Resource = resource,
            Subresource = subresource,
            Name = name,
            Namespace = source.Namespace,
        });

        // Whoever may run a pod there may read its claims; for a snapshot a claim from it has to be made as well (the resource CDI asks
        // for is written so, and only a wildcard covers it).
        var allowed = May("cdi.kubevirt.io", "datavolumes", "source", source.Name)
            || (source.IsSnapshot ? May("", "pods", name: source.Name) && May("", "pvcs", name: source.Name) : May("", "pods", name: source.Name));
        return allowed ? null : $"User {user} has insufficient permissions in clone source namespace {source.Namespace}";
    }

    /// <summary>Why a VM's template may not be made a DataVolume by the VM's service account; null when it may.</summary>
    public string? RefusalOfServiceAccount(JsonObject template, string @namespace, string account)
    {
        try
        {
            return SourceOf(template, @namespace) is not { } source ? null : Refusal(
                source,
                @namespace,
                $"system:serviceaccount:{@namespace}:{account}",
                ["system:serviceaccounts", "system:serviceaccounts:" + @namespace, "system:authenticated"]);
        }
        catch (ApiException e) when (e.Code == 404)
        {
            return e.Message;
        }
    }
}
