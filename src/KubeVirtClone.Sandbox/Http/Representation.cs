namespace KubeVirtClone.Sandbox.Http;

/// <summary>How a client wants objects shown.</summary>
internal enum Representation
{
    /// <summary>As they are.</summary>
    Objects,

    /// <summary>As tables.</summary>
    Table,

    /// <summary>Metadata only.</summary>
    Partial,
}

/// <summary>Content negotiation.</summary>
internal static class Negotiation
{
    /// <summary>The first acceptable representation of the Accept header.</summary>
    /// <exception cref="ApiException">406 when nothing acceptable is named.</exception>
    public static Representation Choose(ApiCall call)
    {
        var accept = call.Http.Request.Headers.Accept.ToString();
        if (accept.Length == 0)
            return Representation.Objects;
        foreach (var range in accept.Split(','))
        {
            var parts = range.Split(';', StringSplitOptions.TrimEntries);
            if (parts[0] is not ("application/json" or "*/*" or "application/*"))
                continue;
            var parameters = parts.Skip(1).Select(p => p.Split('=', 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal);
            var kind = parameters.GetValueOrDefault("as");
            if (kind is null)
                return Representation.Objects;
            if (parameters.GetValueOrDefault("g") != "meta.k8s.io" || parameters.GetValueOrDefault("v") is not ("v1" or "v1beta1"))
                continue;
            switch (kind)
            {
                case "Table":
                    return Representation.Table;
                case "PartialObjectMetadata" or "PartialObjectMetadataList":
                    return Representation.Partial;
            }
        }

        throw new ApiException(
            406,
            "NotAcceptable",
            "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;as=Table;g=meta.k8s.io;v=v1");
    }
}
