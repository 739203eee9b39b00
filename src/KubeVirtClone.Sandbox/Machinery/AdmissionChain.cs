namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>The admission steps, in the order they were added. Used under the store's lock only.</summary>
internal sealed class AdmissionChain
{
    private readonly List<IAdmission> _steps = [];

    public void Add(IAdmission step) => _steps.Add(step);

    /// <summary>Lets every step change the object, and gives it as the schema then has it.</summary>
    public JsonObject Mutate(AdmissionRequest request)
    {
        var touched = false;
        foreach (var step in _steps)
        {
            if (!step.Mutates || !step.Handles(request))
                continue;
            step.Mutate(request);
            touched = true;
        }

        var working = request.Object!;
        if (touched && request.Type.Schema is { } schema)
        {
            // A webhook may have added what the schema does not know; a server prunes and defaults again after them.
            SchemaCheck.Prune(schema, working);
            SchemaCheck.ApplyDefaults(schema, working);
        }

        return working;
    }

    /// <summary>Asks every step whether the request may pass.</summary>
    /// <exception cref="ApiException">What the first that refuses says.</exception>
    public void Validate(AdmissionRequest request)
    {
        foreach (var step in _steps)
        {
            if (step.Handles(request))
                step.Validate(request);
        }
    }
}
