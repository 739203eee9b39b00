using System.Globalization;

namespace KubeVirtClone.Sandbox.Seeding;

/// <summary>
/// The virtual machines a new sandbox has in namespace <c>default</c>: images to clone (<c>golden</c> with a container disk,
/// <c>golden-pvc</c>, <c>golden-dv</c> from a DataVolume template, <c>golden-late</c> on late binding), some at work
/// (<c>web-01</c> to <c>web-03</c>, <c>db-01</c>), <c>legacy-01</c>, whose storage has no snapshots, and
/// <c>vault-01</c>, which has a persistent TPM and cannot be cloned.
/// </summary>
internal static class DemoSeed
{
    internal const string Namespace = "default";
    private const string Image = "quay.io/containerdisks/fedora:latest";
    private static readonly RequestInfo Me = RequestInfo.Controller("sandbox");

    /// <summary>Makes the storage classes, without which no claim is ever bound.</summary>
    public static void InstallStorage(ApiMachinery api)
    {
        foreach (var o in StorageSeed.Drivers().Concat(StorageSeed.Objects()))
            Create(api, o);
    }

    /// <summary>Makes the demo VMs, and <paramref name="more"/> small ones beside, named <c>vm-00001</c> and on.</summary>
    public static void InstallMachines(ApiMachinery api, bool demo, int more)
    {
        if (demo)
            InstallDemo(api);
        for (var i = 1; i <= more; i++)
            Create(api, Machine(string.Create(CultureInfo.InvariantCulture, $"vm-{i:d5}"), "fleet", [ContainerDisk()]));
    }

    /// <summary>Makes objects of one's own, and the namespaces they name.</summary>
    /// <exception cref="SeedException">One of them is refused; the message says which and why.</exception>
    public static void Install(ApiMachinery api, IEnumerable<JsonObject> objects)
    {
        foreach (var o in objects)
        {
            var type = api.TypeOf(o.TextAt("apiVersion") ?? "", SeedList.Kind(o))
                ?? throw new SeedException($"{o.TextAt("apiVersion")} {SeedList.Kind(o)} to seed is not served");
            var ns = type.Namespaced ? o.TextAt("metadata", "namespace") ?? Namespace : null;
            var namespaces = api.Type("", "namespaces");
            try
            {
                if (ns is not null && api.Get(namespaces, null, ns) is null)
                    api.Create(namespaces, null, new JsonObject { ["metadata"] = new JsonObject { ["name"] = ns } }, Me);
                api.Create(type, ns, o, Me);
            }
            catch (ApiException e)
            {
                throw new SeedException($"{SeedList.Kind(o)} {o.TextAt("metadata", "name")} cannot be seeded: {e.Message}", e);
            }
        }
    }

    private static void InstallDemo(ApiMachinery api)
    {
        foreach (var (claim, storage, size) in (ReadOnlySpan<(string, string, string)>)
            [("golden-pvc-data", "fast", "10Gi"), ("golden-late-data", "wffc", "10Gi"), ("db-01-data", "fast", "20Gi"), ("legacy-01-data", "nosnap", "5Gi")])
        {
            Create(api, Claim(claim, storage, size));
        }

        Create(api, Machine("golden", "fedora", [ContainerDisk()], twoNetworks: true));
        Create(api, Machine("golden-pvc", "fedora", [ContainerDisk(), ClaimDisk("data", "golden-pvc-data")]));
        // Its disk needs CDI.
        if (api.Type("cdi.kubevirt.io", "datavolumes").IsServed)
            Create(api, WithTemplate(Machine("golden-dv", "fedora", [TemplateDisk("system", "golden-dv-system")], twoNetworks: true), "golden-dv-system"));
        Create(api, Machine("golden-late", "fedora", [ContainerDisk(), ClaimDisk("data", "golden-late-data")]));
        for (var i = 1; i <= 3; i++)
        {
            var web = Machine(string.Create(CultureInfo.InvariantCulture, $"web-{i:d2}"), "web", [ContainerDisk()], twoNetworks: true);
            if (i == 1)
                web["spec"]!["runStrategy"] = "Always";
            Create(api, web);
        }

        Create(api, Machine("db-01", "db", [ContainerDisk(), ClaimDisk("data", "db-01-data")]));
        Create(api, Machine("legacy-01", "legacy", [ContainerDisk(), ClaimDisk("data", "legacy-01-data")]));
        var vault = Machine("vault-01", "vault", [ContainerDisk()]);
        vault["spec"]!["template"]!["spec"]!["domain"]!["devices"]!["tpm"] = new JsonObject { ["persistent"] = true };
        Create(api, vault);
    }

    private static void Create(ApiMachinery api, JsonObject o)
    {
        var type = api.TypeOf(o["apiVersion"]!.GetValue<string>(), o["kind"]!.GetValue<string>())!;
        api.Create(type, type.Namespaced ? Namespace : null, o, Me);
    }

    internal static JsonObject Claim(string name, string storage, string size)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (storage == "wffc")
        {
            // Its VM ran before: the volume of the image is there, those of its clones wait for a consumer.
            metadata["annotations"] = new JsonObject { ["volume.kubernetes.io/selected-node"] = "sandbox-node-1" };
        }

        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "PersistentVolumeClaim",
            ["metadata"] = metadata,
            ["spec"] = new JsonObject
            {
                ["accessModes"] = new JsonArray("ReadWriteOnce"),
                ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = size } },
                ["storageClassName"] = storage,
            },
        };
    }

    internal static JsonObject ContainerDisk() => new() { ["name"] = "root", ["containerDisk"] = new JsonObject { ["image"] = Image } };

    internal static JsonObject ClaimDisk(string name, string claim) => new() { ["name"] = name, ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = claim } };

    internal static JsonObject TemplateDisk(string name, string dataVolume) => new() { ["name"] = name, ["dataVolume"] = new JsonObject { ["name"] = dataVolume } };

    internal static JsonObject WithTemplate(JsonObject machine, string dataVolume)
    {
        machine["spec"]!["dataVolumeTemplates"] = new JsonArray(new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = dataVolume },
            ["spec"] = new JsonObject
            {
                ["pvc"] = new JsonObject
                {
                    ["accessModes"] = new JsonArray("ReadWriteOnce"),
                    ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = "10Gi" } },
                    ["storageClassName"] = "fast",
                },
                ["source"] = new JsonObject { ["blank"] = new JsonObject() },
            },
        });
        return machine;
    }

    internal static JsonObject Machine(string name, string role, JsonObject[] volumes, bool twoNetworks = false)
    {
        var interfaces = new JsonArray(new JsonObject { ["name"] = "default", ["masquerade"] = new JsonObject(), ["macAddress"] = Mac(name, 0) });
        var networks = new JsonArray(new JsonObject { ["name"] = "default", ["pod"] = new JsonObject() });
        if (twoNetworks)
        {
            interfaces.Add((JsonNode)new JsonObject { ["name"] = "storage", ["bridge"] = new JsonObject(), ["macAddress"] = Mac(name, 1) });
            networks.Add((JsonNode)new JsonObject { ["name"] = "storage", ["multus"] = new JsonObject { ["networkName"] = "vlan-20" } });
        }

        return new JsonObject
        {
            ["apiVersion"] = "kubevirt.io/v1",
            ["kind"] = "VirtualMachine",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["labels"] = new JsonObject { ["app"] = role, ["app.kubernetes.io/part-of"] = "demo", ["vm.kubevirt.io/os"] = "fedora" },
                ["annotations"] = new JsonObject { ["example.com/owner"] = "team-a", ["description"] = $"{name} of the sandbox" },
            },
            ["spec"] = new JsonObject
            {
                ["runStrategy"] = "Halted",
                ["template"] = new JsonObject
                {
                    ["metadata"] = new JsonObject
                    {
                        ["labels"] = new JsonObject { ["kubevirt.io/vm"] = name, ["app"] = role },
                        ["annotations"] = Network(name),
                    },
                    ["spec"] = new JsonObject
                    {
                        ["domain"] = new JsonObject
                        {
                            ["cpu"] = new JsonObject { ["cores"] = 2 },
                            ["devices"] = new JsonObject
                            {
                                ["disks"] = new JsonArray([.. volumes.Select(v => (JsonNode?)new JsonObject { ["name"] = v["name"]!.GetValue<string>(), ["disk"] = new JsonObject { ["bus"] = "virtio" } })]),
                                ["interfaces"] = interfaces,
                            },
                            ["memory"] = new JsonObject { ["guest"] = "2Gi" },
                        },
                        ["networks"] = networks,
                        ["volumes"] = new JsonArray([.. volumes]),
                    },
                },
            },
        };
    }

    // What a CNI writes about one VM's addresses, and a clone must not take over.
    private static JsonObject Network(string name) => new()
    {
        ["ovn.kubernetes.io/ip_address"] = $"10.16.0.{1 + (Number(name) % 250)}",
        ["ovn.kubernetes.io/mac_address"] = Mac(name, 0),
        ["k8s.ovn.org/pod-networks"] = $"{{\"default\":{{\"mac_address\":\"{Mac(name, 0)}\"}}}}",
    };

    private static string Mac(string name, int index)
    {
        var n = Number(name);
        return string.Create(CultureInfo.InvariantCulture, $"02:00:{(n >> 16) & 0xFF:x2}:{(n >> 8) & 0xFF:x2}:{n & 0xFF:x2}:{index:x2}");
    }

    private static int Number(string name)
    {
        var hash = 17;
        foreach (var c in name)
            hash = unchecked((hash * 31) + c);
        return hash & 0xFFFFFF;
    }
}
