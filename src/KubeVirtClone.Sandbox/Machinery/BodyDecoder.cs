namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>What is made of a body before admission sees it.</summary>
internal static class BodyDecoder
{
    /// <summary>Brings an object into the storage version, with unknown fields reported as the request wants and removed.</summary>
    public static JsonObject Decode(ResourceType type, JsonObject working, RequestInfo who)
    {
        var version = RequestVersion(type, working);
        working["apiVersion"] = type.StorageApiVersion;
        working["kind"] = type.Kind;
        if (KubeVirt.GoTypes.Error(working["metadata"], "ObjectMeta", "") is { } wrong)
            throw ApiException.BadRequest($"{type.Kind} in version \"{version}\" cannot be handled as a {type.Kind}: {wrong}");
        if (working["metadata"] is JsonObject metadata)
        {
            metadata.Remove("managedFields");
            foreach (var (key, value) in metadata.ToList())
            {
                if (value is null)
                    metadata.Remove(key);
            }
        }

        var problems = who.DuplicateFields.Select(path => $"duplicate field \"{path}\"").ToList();
        if (type.Schema is { } known)
            problems.AddRange(SchemaCheck.Prune(known, working).Select(path => $"unknown field \"{path}\""));
        if (problems.Count > 0 && who.FieldValidation == "Strict")
        {
            throw ApiException.BadRequest(
                $"{type.Kind} in version \"{version}\" cannot be handled as a {type.Kind}: strict decoding error: {string.Join(", ", problems)}");
        }

        if (who.FieldValidation == "Warn")
        {
            foreach (var problem in problems)
                who.Warnings.Add(problem);
        }

        if (type.Schema is { } schema)
        {
            SchemaCheck.ApplyDefaults(schema, working);
            SchemaCheck.DropNulls(schema, working);
        }

        return working;
    }

    /// <summary>The API version a body is written in; the stored one where it names none.</summary>
    /// <exception cref="ApiException">400 for one that is not served.</exception>
    public static string RequestVersion(ResourceType type, JsonObject obj)
    {
        var apiVersion = obj.TextAt("apiVersion");
        if (string.IsNullOrEmpty(apiVersion))
            return type.StorageVersion;
        var version = apiVersion[(apiVersion.LastIndexOf('/') + 1)..];
        if (type.ApiVersion(version) != apiVersion || !type.Versions.Contains(version))
        {
            throw ApiException.BadRequest(
                $"the API version in the data ({apiVersion}) does not match the expected API version ({type.StorageApiVersion})");
        }

        return version;
    }

    /// <summary>Warns of finalizers without a domain, of custom resources.</summary>
    public static void WarnOfFinalizers(ResourceType type, JsonObject metadata, RequestInfo who)
    {
        foreach (var name in type.IsCustom && metadata["finalizers"] is JsonArray list ? list.Select(f => f?.ToString() ?? "") : [])
        {
            if (!name.Contains('/', StringComparison.Ordinal) && name is not ("foregroundDeletion" or "orphan" or "kubernetes"))
                who.Warnings.Add($"metadata.finalizers: \"{name}\": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers");
        }
    }
}
