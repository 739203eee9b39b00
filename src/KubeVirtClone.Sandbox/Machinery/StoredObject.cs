namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>One version of one object. Immutable; its serialized bytes are made once and shared by all lists and watches.</summary>
internal sealed class StoredObject
{
    private readonly ResourceType _type;
    private byte[]? _bytes;
    private byte[]? _bareBytes;
    private (string ApiVersion, byte[] Bytes)? _other;

    public StoredObject(ResourceType type, JsonObject frozen, long resourceVersion)
    {
        _type = type;
        Object = frozen;
        ResourceVersion = resourceVersion;
        Name = frozen.TextAt("metadata", "name") ?? "";
        Namespace = type.Namespaced ? frozen.TextAt("metadata", "namespace") : null;
        Uid = frozen.TextAt("metadata", "uid") ?? "";
    }

    public JsonObject Object { get; }

    public long ResourceVersion { get; }

    public string Name { get; }

    public string? Namespace { get; }

    public string Uid { get; }

    public bool Deleting => Object.At("metadata", "deletionTimestamp") is not null;

    /// <summary>The object as JSON in an API version.</summary>
    public byte[] Bytes(string apiVersion)
    {
        if (apiVersion == _type.StorageApiVersion)
            return _bytes ??= JsonTree.Utf8(Object);
        if (_other is { } cached && cached.ApiVersion == apiVersion)
            return cached.Bytes;
        var bytes = JsonTree.Utf8(In(apiVersion));
        _other = (apiVersion, bytes);
        return bytes;
    }

    /// <summary>The object as an item of a built-in kind's list, which carries neither kind nor apiVersion.</summary>
    public byte[] BareBytes()
    {
        if (_bareBytes is null)
        {
            var copy = (JsonObject)Object.DeepClone();
            copy.Remove("kind");
            copy.Remove("apiVersion");
            _bareBytes = JsonTree.Utf8(copy);
        }

        return _bareBytes;
    }

    /// <summary>A copy labelled with another API version; the stored object itself when the version is the stored one.</summary>
    public JsonObject In(string apiVersion)
    {
        if (apiVersion == _type.StorageApiVersion)
            return Object;
        var copy = (JsonObject)Object.DeepClone();
        copy["apiVersion"] = apiVersion;
        return copy;
    }
}
