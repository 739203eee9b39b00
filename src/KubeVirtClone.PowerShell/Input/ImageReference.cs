namespace KubeVirtClone.Input;

/// <summary>Which golden image is meant by an object from the pipeline.</summary>
/// <param name="Namespace">Its namespace; null when the object does not tell one.</param>
/// <param name="Name">Name of the image.</param>
/// <param name="Version">Version; null when the object does not tell one.</param>
/// <param name="Uid">Uid of its snapshot; null when the object does not tell one.</param>
internal sealed record ImageReference(string? Namespace, string Name, string? Version, string? Uid = null)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}/{Name}:{Version}";

    /// <summary>Reads an image, a record of one out of a file, or a name.</summary>
    /// <exception cref="InputException">The object is no image.</exception>
    public static ImageReference Read(PSObject input) => input.BaseObject switch
    {
        VMGoldenImage image => new ImageReference(image.Namespace, image.Name, image.Version, image.Uid),
        string name => new ImageReference(null, name, null),
        _ when PipedReference.IsCopyOf(input, typeof(VMGoldenImage)) => new ImageReference(
            PropertyReader.GetText(input, "Namespace"), PropertyReader.GetText(input, "Name") ?? "", PropertyReader.GetText(input, "Version"), PropertyReader.GetText(input, "Uid")),
        _ => throw PipedReference.NoSuch(
            input, "VMGoldenImageInputInvalid", "golden image", "Pipe in what New-VMGoldenImage or Get-VMGoldenImage writes, or names of images."),
    };
}
