using System.Globalization;
using KubeVirtClone.Engine.Knowledge.Patches;

namespace KubeVirtClone.Engine.Knowledge.Machines;

/// <summary>
/// Turns another size or type into patches of the machine: all fields that say the same thing are changed with the one that was asked for, so that what
/// comes out is neither refused nor of two sizes.
/// </summary>
internal static class SizePatches
{
    private const string Domain = "/spec/template/spec/domain";
    private const decimal Mi = 1024m * 1024;
    private const decimal Gi = 1024 * Mi;
    private const int MostCpus = 1024;

    private static readonly string[] Bounds = ["requests", "limits"];

    /// <summary>Refuses what is no size, or contradicts itself, whatever the source is.</summary>
    public static void Check(CloneRequest request)
    {
        if (request.Cpu is { } cpu)
            Count(cpu);
        if (request.Memory is { } memory)
            Bytes("Memory", memory);
        DiskWish.Check(request);
        foreach (var (field, text) in Types(request))
            TypeReference.Candidates(field, text, source: null);
        if (request.Instancetype is not null && (request.Cpu ?? request.Memory) is not null)
        {
            throw Unsupported(
                "Instancetype says how many CPUs and how much memory the machine has; KubeVirt takes no Cpu or Memory beside it", "Give one or the other.");
        }
    }

    /// <summary>Bytes of a size that was asked for.</summary>
    /// <param name="what">What it is the size of.</param>
    /// <param name="text">The size.</param>
    /// <exception cref="RequestFaultException">It is none.</exception>
    public static decimal Bytes(string what, string text)
    {
        if (Quantity.Parse(text) is not { } bytes || bytes != decimal.Truncate(bytes) || bytes <= 0)
            throw Invalid($"{what} cannot be '{text}'", "Write a number of bytes with one of Kubernetes' units: 512Mi, 8Gi, 40Gi.");
        return bytes >= Mi ? bytes : throw Invalid($"{what} cannot be '{text}', which is less than a mebibyte", $"Write the unit: {text}Gi is meant, or {text}Mi.");
    }

    /// <summary>Instance type and preference that a request names.</summary>
    public static IEnumerable<(string Field, string Text)> Types(CloneRequest request)
    {
        if (request.Instancetype is { } instancetype)
            yield return (TypeReference.Instancetype, instancetype);
        if (request.Preference is { } preference)
            yield return (TypeReference.Preference, preference);
    }

    /// <summary>The patches, none where nothing is asked; what of the source gives way without having been named is told.</summary>
    /// <param name="request">The request.</param>
    /// <param name="source">The machine that is cloned.</param>
    /// <param name="types">Which types exist.</param>
    /// <param name="tell">Told what gives way.</param>
    /// <exception cref="RequestFaultException">It cannot be had of this source.</exception>
    public static IReadOnlyList<PatchOperation> Of(CloneRequest request, JsonObject? source, KnownTypes types, Action<string> tell)
    {
        // Without the source nothing can be worked out, which is said of all that needs it at once.
        if (!request.Resizes || source is null)
            return [];
        if ((request.Cpu ?? request.Memory) is not null && SourceMachine.Text(source["spec"]?["instancetype"]?["name"]) is { Length: > 0 } typed)
        {
            throw Unsupported(
                $"'{request.SourceName}' has the instance type '{typed}', which says how many CPUs and how much memory its clones have; KubeVirt takes no others beside it",
                $"Give the clones another instance type: {OptionName.Instancetype} NAME.");
        }

        var patches = new PatchList();
        var domain = SourceMachine.Domain(source) ?? [];
        var size = MachineSizing.Of(source, instancetype: null);
        if (request.Cpu is { } cpu)
            Cpus(patches, domain, Count(cpu), size, tell);
        if (request.Memory is { } memory)
            Memory(patches, domain, Bytes("Memory", memory), size, tell);
        if (request.Instancetype is not null)
            GiveWay(patches, domain);
        foreach (var (field, text) in Types(request))
        {
            var type = types.Choose(request.Namespace, field, text, source);
            // A new object, so that the source's pinned revision is not in it: that would rule on, whatever the name says.
            patches.Add("add", "/spec/" + field, new JsonObject());
            patches.Add("add", $"/spec/{field}/kind", type.Kind);
            patches.Add("add", $"/spec/{field}/name", type.Name);
        }

        return patches.Operations;
    }

    private static void Cpus(PatchList patches, JsonObject domain, int count, MachineSizing size, Action<string> tell)
    {
        var cpu = domain["cpu"] as JsonObject;
        if (cpu is null)
            patches.Add("add", Domain + "/cpu", new JsonObject());
        int cores = Factor(cpu, "cores"), sockets = Factor(cpu, "sockets"), threads = Factor(cpu, "threads");
        // What the source counts in is changed, the rest of its topology stays where that comes out even.
        var inSockets = sockets > 1 || (cpu?["cores"] is null && cpu?["sockets"] is not null);
        var each = threads * (inSockets ? cores : sockets);
        if (count % each == 0)
        {
            patches.Add("add", $"{Domain}/cpu/{(inSockets ? "sockets" : "cores")}", count / each);
            sockets = inSockets ? count / each : sockets;
        }
        else
        {
            tell($"{count} CPUs cannot be had in sockets, cores and threads as the source has them ({sockets} × {cores} × {threads}); the clones have as many cores, each with one thread.");
            patches.Add("add", Domain + "/cpu/cores", count);
            if (cpu?["sockets"] is not null)
                patches.Add("add", Domain + "/cpu/sockets", 1);
            if (cpu?["threads"] is not null)
                patches.Add("add", Domain + "/cpu/threads", 1);
            sockets = 1;
        }

        if (Number(cpu?["maxSockets"]) is > 0 and var most && sockets > most)
        {
            patches.Add("remove", Domain + "/cpu/maxSockets");
            tell($"The source allows at most {most.ToString("0", CultureInfo.InvariantCulture)} sockets (maxSockets); its clones get KubeVirt's own bound.");
        }

        foreach (var (bound, amount) in Resources(domain, "cpu"))
        {
            var share = amount * count / size.Cpus;
            var text = share == decimal.Truncate(share) ? share.ToString("0", CultureInfo.InvariantCulture) : Math.Ceiling(share * 1000).ToString("0", CultureInfo.InvariantCulture) + "m";
            patches.Add("replace", $"{Domain}/resources/{bound}/cpu", text);
        }
    }

    private static void Memory(PatchList patches, JsonObject domain, decimal bytes, MachineSizing size, Action<string> tell)
    {
        var memory = domain["memory"] as JsonObject;
        if (SourceMachine.Text(memory?["hugepages"]?["pageSize"]) is { } page && Quantity.Parse(page) is > 0 and var pageSize && bytes % pageSize != 0)
            throw Invalid($"Memory cannot be '{Quantity.Write(bytes)}': the source's is in pages of {page}", $"Give a multiple of {page}.");
        if (memory is null)
            patches.Add("add", Domain + "/memory", new JsonObject());
        patches.Add("add", Domain + "/memory/guest", Quantity.Write(bytes));
        // Beside a bound KubeVirt takes no memory above it, under 1Gi, or in odd numbers.
        if (SourceMachine.Text(memory?["maxGuest"]) is { } most && (bytes > Quantity.Parse(most) || bytes < Gi || bytes % (2 * Mi) != 0))
        {
            patches.Add("remove", Domain + "/memory/maxGuest");
            tell($"The source's memory can grow to {most} while it runs (maxGuest), which does not go with {Quantity.Write(bytes)}; its clones get KubeVirt's own bound.");
        }

        foreach (var (bound, amount) in Resources(domain, "memory"))
        {
            var share = size.Memory == 0 ? bytes : amount * bytes / size.Memory;
            // What is asked for must not come out above the guest's, nor a limit below it.
            patches.Add("replace", $"{Domain}/resources/{bound}/memory", Quantity.Write(bound == "limits" ? Math.Ceiling(share / Mi) * Mi : Math.Max(Mi, Math.Floor(share / Mi) * Mi)));
        }
    }

    // What an instance type decides the machine may not say, too.
    private static void GiveWay(PatchList patches, JsonObject domain)
    {
        foreach (var (parent, field) in new[] { ("cpu", "sockets"), ("cpu", "cores"), ("cpu", "threads"), ("cpu", "maxSockets"), ("memory", "guest"), ("memory", "maxGuest") })
        {
            if (domain[parent]?[field] is not null)
                patches.Add("remove", $"{Domain}/{parent}/{field}");
        }

        foreach (var resource in new[] { "cpu", "memory" })
        {
            foreach (var (bound, _) in Resources(domain, resource))
                patches.Add("remove", $"{Domain}/resources/{bound}/{resource}");
        }
    }

    private static IEnumerable<(string Bound, decimal Amount)> Resources(JsonObject domain, string resource)
    {
        foreach (var bound in Bounds)
        {
            if (Number(domain["resources"]?[bound]?[resource]) is { } amount)
                yield return (bound, amount);
        }
    }

    private static int Factor(JsonObject? cpu, string field) => Number(cpu?[field]) is >= 1 and <= MostCpus and var number ? (int)number : 1;

    private static decimal? Number(JsonNode? node) => node is null ? null : Quantity.Parse(SourceMachine.Text(node) ?? node.ToJsonString());

    private static int Count(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= MostCpus
        ? count
        : throw Invalid($"Cpu cannot be '{text}'", $"Give a whole number of virtual CPUs, 1 to {MostCpus}.");

    private static RequestFaultException Unsupported(string why, Advice action) => new(FaultIds.VMCloneOptionUnsupported, why + ".", action);

    private static RequestFaultException Invalid(string message, Advice action) => new(FaultIds.VMCloneSizeInvalid, message + ".", action);
}
