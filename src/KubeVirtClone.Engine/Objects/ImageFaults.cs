namespace KubeVirtClone.Engine.Objects;

/// <summary>What goes wrong with golden images, in words.</summary>
internal static class ImageFaults
{
    public static Fault NotFound(string? ns, string name, string? version) => FaultMapper.Make(
        FaultIds.GoldenImageNotFound,
        FaultCategory.ObjectNotFound,
        $"There is no golden image '{name}'{(version is null ? "" : $" of version '{version}'")}{(ns is null ? " in any namespace" : $" in namespace '{ns}'")}.",
        $"Check name, version and namespace: {CommandName.GetVMGoldenImage} {OptionName.AllNamespaces}",
        ns is null ? name : $"{ns}/{name}");

    public static Fault NotReady(string ns, string name, string? version, IReadOnlyList<GoldenImageRecord> images)
    {
        var states = images.Where(i => version is null || i.Version == version).Select(i => $"{i}: {(i.Message.Length == 0 ? "not ready" : i.Message)}");
        return FaultMapper.Make(
            FaultIds.GoldenImageNotReady,
            FaultCategory.ResourceUnavailable,
            $"No version of the golden image '{name}' in namespace '{ns}' can be used ({string.Join("; ", states)}).",
            $"Wait for it ({CommandName.WaitVMSnapshot}), or make another version.",
            $"{ns}/{name}");
    }

    public static Fault Exists(GoldenImageRequest request, string version) => FaultMapper.Make(
        FaultIds.GoldenImageExists,
        FaultCategory.ResourceExists,
        $"The golden image '{request.Name}' of version '{version}' exists in namespace '{request.Namespace}' already.",
        $"Give another {OptionName.Version}, leave it out to count up, or remove that one ({CommandName.RemoveVMGoldenImage}).",
        $"{request.Namespace}/{request.Name}");

    public static Fault SourceRan(GoldenImageRequest request) => FaultMapper.Make(
        FaultIds.GoldenImageSourceRan,
        FaultCategory.ResourceBusy,
        $"Somebody starts '{request.SourceName}' again and again while it is stopped for the golden image {request.Name}.",
        $"Find out who starts it, or leave {OptionName.StopSource} out: the image is then as after a power cut, or as its guest agent freezes it.",
        $"{request.Namespace}/{request.SourceName}");

    public static Fault Invalid(GoldenImageRequest request, string message, Advice action) => FaultMapper.Make(
        FaultIds.GoldenImageInvalid,
        FaultCategory.InvalidArgument,
        message,
        action,
        $"{request.Namespace}/{request.Name}");

    public static Fault InUse(GoldenImageRecord image, IReadOnlyList<SnapshotUse> uses) => FaultMapper.Make(
        FaultIds.GoldenImageInUse,
        FaultCategory.ResourceBusy,
        $"The golden image {image} in namespace '{image.Namespace}' is still needed by {SnapshotUses.Describe(uses)}.",
        $"Start these machines once, so that their volumes are filled (WaitForFirstConsumer), or remove them. {OptionName.Force} removes the image all the same, and those volumes can then never be filled.",
        $"{image.Namespace}/{image.Name}");

    public static Fault CopiesUnseen() => FaultMapper.Make(
        FaultIds.ApiForbidden,
        FaultCategory.PermissionDenied,
        "Where copies of the image are cannot be seen: you may not list virtualmachinesnapshots of all namespaces. Nothing was removed.",
        $"Ask for that right, or leave {OptionName.IncludeCopies} out and remove the copies in each namespace.",
        "virtualmachinesnapshots");

    public static Advice CopiesStay(GoldenImageRecord image, IReadOnlyCollection<string> where) =>
        $"The golden image {image.Namespace}/{image} has {(where.Count == 1 ? "a copy" : "copies")} in {string.Join(", ", where)}, which {(where.Count == 1 ? "stays" : "stay")} when it is removed; {OptionName.IncludeCopies} removes {(where.Count == 1 ? "that" : "those")} as well.";

    public static Fault Unsupported(GoldenImageRequest request, string what) => FaultMapper.Make(
        FaultIds.VMCloneSourceUnsupported,
        FaultCategory.InvalidOperation,
        $"'{request.SourceName}' has {what}, which KubeVirt cannot clone: no machine could be made of an image of it.",
        "Make the image of a machine without persistent TPM and EFI state.",
        $"{request.Namespace}/{request.SourceName}");
}
