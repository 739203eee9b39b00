using System.Text;

namespace KubeVirtClone.Kubernetes;

/// <summary>One kind of API object in one API version, and where the API server keeps it.</summary>
/// <param name="Group">API group; empty for the core group.</param>
/// <param name="Version">API version inside the group, such as <c>v1</c>.</param>
/// <param name="Plural">Plural resource name used in URLs, lower case.</param>
/// <param name="Kind">Kind as it stands in objects.</param>
/// <param name="Namespaced">Whether objects of this kind live in a namespace.</param>
public sealed record ResourceKind(string Group, string Version, string Plural, string Kind, bool Namespaced = true)
{
    /// <summary>What stands in an object's <c>apiVersion</c>: <c>v1</c>, or <c>group/version</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The URL path of the collection, of one object, or of an object's subresource.</summary>
    /// <param name="namespace">Namespace; null means all namespaces. Ignored when the kind is not namespaced.</param>
    /// <param name="name">Object name; null means the collection.</param>
    /// <param name="subresource">Subresource such as <c>status</c>; needs a name.</param>
    /// <exception cref="ArgumentException">A subresource without a name, or an object of a namespaced kind without a namespace.</exception>
    public string PathFor(string? @namespace, string? name = null, string? subresource = null)
    {
        if (subresource is not null && name is null)
            throw new ArgumentException("A subresource needs the name of its object.", nameof(subresource));
        if (name is not null && Namespaced && string.IsNullOrEmpty(@namespace))
            throw new ArgumentException($"{Kind} '{name}' needs a namespace.", nameof(@namespace));
        var path = new StringBuilder(Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}");
        if (Namespaced && !string.IsNullOrEmpty(@namespace))
            path.Append("/namespaces/").Append(Escape(@namespace));
        path.Append('/').Append(Plural);
        if (name is not null)
            path.Append('/').Append(Escape(name));
        if (subresource is not null)
            path.Append('/').Append(subresource);
        return path.ToString();
    }

    /// <summary>A name as one segment of a path.</summary>
    /// <exception cref="ArgumentException">It can be none: no way of writing it keeps it from being read as "this folder" or "the one above".</exception>
    internal static string Escape(string name) => name is "." or ".."
        ? throw new ArgumentException($"'{name}' cannot be a name.", nameof(name))
        : Uri.EscapeDataString(name);
}
