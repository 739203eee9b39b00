namespace KubeVirtClone.Sandbox.Resources;

/// <summary>What every cluster with KubeVirt has before anybody makes anything: namespaces, roles, CRDs, the KubeVirt object.</summary>
internal static class BaseObjects
{
    private static readonly RequestInfo Me = RequestInfo.Controller("sandbox");

    public static void Install(ApiMachinery api, Profile profile)
    {
        foreach (var name in (string[])["default", "kube-system", "kube-public", "kubevirt"])
            api.Create(api.Type("", "namespaces"), null, new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } }, Me);
        DefaultRoles.Install(api);
        foreach (var type in api.Types.Where(t => t.IsCustom))
            InstallDefinition(api, type);
        InstallKubeVirt(api, profile);
    }

    private static void InstallKubeVirt(ApiMachinery api, Profile profile)
    {
        var type = api.Type("kubevirt.io", "kubevirts");
        var version = profile.KubeVirtVersion.TextAt("gitVersion");
        var kubeVirt = (JsonObject)api.Create(
            type,
            "kubevirt",
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "kubevirt" },
                ["spec"] = new JsonObject
                {
                    ["configuration"] = new JsonObject
                    {
                        ["developerConfiguration"] = new JsonObject { ["featureGates"] = JsonAccess.StringArray(profile.FeatureGates) },
                    },
                },
            },
            Me).DeepClone();
        kubeVirt["status"] = new JsonObject
        {
            ["phase"] = "Deployed",
            ["operatorVersion"] = version,
            ["observedKubeVirtVersion"] = version,
            ["targetKubeVirtVersion"] = version,
            ["conditions"] = new JsonArray(
                new JsonObject { ["type"] = "Available", ["status"] = "True", ["reason"] = "AllComponentsReady", ["message"] = "All components are ready." }),
        };
        api.Update(type, "kubevirt", "kubevirt", kubeVirt, Me, "status");
    }

    private static void InstallDefinition(ApiMachinery api, ResourceType type)
    {
        var crds = api.Type("apiextensions.k8s.io", "customresourcedefinitions");
        var name = type.QualifiedResource;
        var crd = (JsonObject)api.Create(crds, null, Definition(type, name), Me).DeepClone();
        crd["status"] = new JsonObject
        {
            ["acceptedNames"] = crd["spec"]!["names"]!.DeepClone(),
            ["storedVersions"] = new JsonArray(type.StorageVersion),
            ["conditions"] = new JsonArray(
                Condition("NamesAccepted", "NoConflicts", "no conflicts found"),
                Condition("Established", "InitialNamesAccepted", "the initial names have been accepted")),
        };
        api.Update(crds, null, name, crd, Me, "status");
    }

    private static JsonObject Definition(ResourceType type, string name)
    {
        var names = new JsonObject
        {
            ["plural"] = type.Plural,
            ["singular"] = type.Singular,
            ["kind"] = type.Kind,
            ["listKind"] = type.ListKind,
        };
        if (type.ShortNames.Count > 0)
            names["shortNames"] = JsonAccess.StringArray(type.ShortNames);
        if (type.Categories.Count > 0)
            names["categories"] = JsonAccess.StringArray(type.Categories);
        return new JsonObject
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "CustomResourceDefinition",
            ["metadata"] = new JsonObject { ["name"] = name },
            ["spec"] = new JsonObject
            {
                ["group"] = type.Group,
                ["names"] = names,
                ["scope"] = type.Namespaced ? "Namespaced" : "Cluster",
                ["conversion"] = new JsonObject { ["strategy"] = "None" },
                ["versions"] = new JsonArray([.. type.Versions.Select(v => (JsonNode)Version(type, v))]),
            },
        };
    }

    private static JsonObject Version(ResourceType type, string version)
    {
        var result = new JsonObject
        {
            ["name"] = version,
            ["served"] = true,
            ["storage"] = version == type.StorageVersion,
            ["schema"] = new JsonObject { ["openAPIV3Schema"] = type.Schema?.Source.DeepClone() ?? new JsonObject() },
        };
        if (type.HasStatus)
            result["subresources"] = new JsonObject { ["status"] = new JsonObject() };
        return result;
    }

    private static JsonObject Condition(string type, string reason, string message) => new()
    {
        ["type"] = type,
        ["status"] = "True",
        ["reason"] = reason,
        ["message"] = message,
    };
}
