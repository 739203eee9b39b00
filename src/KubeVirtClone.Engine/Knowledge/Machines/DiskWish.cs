using KubeVirtClone.Engine.Knowledge.Naming;

namespace KubeVirtClone.Engine.Knowledge.Machines;

/// <summary>What a request asks of one disk.</summary>
/// <param name="Size">Size in bytes; null is the source's.</param>
/// <param name="StorageClass">Storage class; null is the source's.</param>
/// <param name="AccessModes">Access modes; null are the source's.</param>
/// <param name="VolumeMode">Volume mode; null is the source's.</param>
internal sealed record DiskWish(decimal? Size, string? StorageClass, IReadOnlyList<string>? AccessModes, string? VolumeMode)
{
    private static readonly Dictionary<string, string> Short = new(StringComparer.OrdinalIgnoreCase)
    {
        ["RWO"] = "ReadWriteOnce",
        ["RWX"] = "ReadWriteMany",
        ["ROX"] = "ReadOnlyMany",
        ["RWOP"] = "ReadWriteOncePod",
    };

    private static readonly string[] Modes = ["Block", "Filesystem"];

    /// <summary>Whether nothing is asked.</summary>
    public bool IsEmpty => this is { Size: null, StorageClass: null, AccessModes: null, VolumeMode: null };

    /// <summary>What is asked of a disk.</summary>
    /// <param name="request">The request, which <see cref="Check"/> has passed.</param>
    /// <param name="disk">The volume's name in the machine.</param>
    public static DiskWish Of(CloneRequest request, string disk)
    {
        var size = Entry(request.DiskSizes, disk);
        return new DiskWish(
            size is null ? null : SizePatches.Bytes($"The size of disk '{disk}'", size),
            Entry(request.StorageClasses, disk),
            Entry(request.AccessModes, disk) is { } access ? [.. access.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Access)] : null,
            Entry(request.VolumeModes, disk) is { } mode ? Mode(mode) : null);
    }

    /// <summary>The size that a disk is to have, in bytes; null is the source's.</summary>
    /// <param name="sizes">Sizes by disk.</param>
    /// <param name="disk">The volume's name in the machine.</param>
    public static decimal? SizeOf(IReadOnlyDictionary<string, string> sizes, string disk) => Quantity.Parse(Entry(sizes, disk));

    /// <summary>Disks that a request names.</summary>
    public static IEnumerable<string> Named(CloneRequest request) =>
        Tables(request).SelectMany(t => t.Keys).Where(k => k != RequestFields.EveryDisk).Distinct(StringComparer.Ordinal);

    /// <summary>Refuses what is no size, class or mode, whatever the source is.</summary>
    /// <exception cref="RequestFaultException">Something is none.</exception>
    public static void Check(CloneRequest request)
    {
        foreach (var disk in Tables(request).SelectMany(t => t.Keys).Distinct(StringComparer.Ordinal))
        {
            if (Of(request, disk).StorageClass is { } name && NameRules.WhyNotName(name) is { } why)
                throw new RequestFaultException(FaultIds.VMCloneSizeInvalid, $"The storage class cannot be '{name}': {why}.", "Give one of the cluster's: kubectl get storageclasses");
        }
    }

    private static IEnumerable<IReadOnlyDictionary<string, string>> Tables(CloneRequest request) =>
        new[] { request.DiskSizes, request.StorageClasses, request.AccessModes, request.VolumeModes }.OfType<IReadOnlyDictionary<string, string>>();

    private static string? Entry(IReadOnlyDictionary<string, string>? table, string disk) => table?.GetValueOrDefault(disk) ?? table?.GetValueOrDefault(RequestFields.EveryDisk);

    private static string Access(string text) => Short.GetValueOrDefault(text) ?? Short.Values.FirstOrDefault(m => m.Equals(text, StringComparison.OrdinalIgnoreCase))
        ?? throw new RequestFaultException(FaultIds.VMCloneSizeInvalid, $"'{text}' is no access mode.", $"Give {string.Join(", ", Short.Values)}.");

    private static string Mode(string text) => Array.Find(Modes, m => m.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase))
        ?? throw new RequestFaultException(FaultIds.VMCloneSizeInvalid, $"'{text}' is no volume mode.", "Give Block or Filesystem.");
}
