namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>
/// A webhook or built-in admission step. As on a real server all <see cref="Mutate"/> run first, in registration order,
/// then the schema is checked, then all <see cref="Validate"/> run.
/// </summary>
public interface IAdmission
{
    /// <summary>Whether this step changes objects at all; one that does not is never asked to.</summary>
    bool Mutates => true;

    /// <summary>Whether this step wants to see the request.</summary>
    bool Handles(AdmissionRequest request);

    /// <summary>May change <see cref="AdmissionRequest.Object"/>; refuses with an <see cref="ApiException"/>.</summary>
    void Mutate(AdmissionRequest request);

    /// <summary>Refuses with an <see cref="ApiException"/>.</summary>
    void Validate(AdmissionRequest request);
}

/// <summary>One write on its way through admission.</summary>
public sealed class AdmissionRequest
{
    /// <summary>The resource written.</summary>
    public required ResourceType Type { get; init; }

    /// <summary><c>CREATE</c>, <c>UPDATE</c> or <c>DELETE</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>Namespace; null for cluster-scoped objects.</summary>
    public string? Namespace { get; init; }

    /// <summary>Name; empty while a generateName is not resolved.</summary>
    public string Name { get; internal set; } = "";

    /// <summary><c>status</c>, or null.</summary>
    public string? Subresource { get; init; }

    /// <summary>The object to be written; free to change while mutating. Null for DELETE.</summary>
    public JsonObject? Object { get; set; }

    /// <summary>The stored object; null for CREATE. Not to be mutated.</summary>
    public JsonObject? OldObject { get; init; }

    /// <summary>Who asks.</summary>
    public required RequestInfo Info { get; init; }

    /// <summary>API version the client spoke, such as <c>v1alpha1</c>.</summary>
    public required string RequestVersion { get; init; }
}
