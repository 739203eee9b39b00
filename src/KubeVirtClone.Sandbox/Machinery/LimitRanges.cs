namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>Refuses claims that ask for less or more than a LimitRange of the namespace allows a claim. Limits of pods and containers have nothing to strike here.</summary>
internal sealed class LimitRangeAdmission(ApiMachinery api) : IAdmission
{
    private const string OfClaims = "PersistentVolumeClaim";
    private readonly ResourceType _type = api.Type("", "limitranges");

    public bool Mutates => false;

    public bool Handles(AdmissionRequest request) => request.Object is not null && request.Subresource is null
        && request.Type.Group.Length == 0 && request.Type.Plural == "persistentvolumeclaims"
        && (request.OldObject is null || request.OldObject.TextAt("metadata", "deletionTimestamp") is null);

    public void Mutate(AdmissionRequest request)
    {
    }

    public void Validate(AdmissionRequest request)
    {
        foreach (var range in api.List(_type, request.Namespace))
        {
            var problems = new List<string>();
            foreach (var limit in (range["spec"]?["limits"] as JsonArray ?? []).Where(l => l.TextAt("type") == OfClaims))
            {
                problems.AddRange(Problems(request.Object!, "minimum", limit!["min"] as JsonObject, (asked, bound) => asked < bound));
                problems.AddRange(Problems(request.Object!, "maximum", limit["max"] as JsonObject, (asked, bound) => asked > bound));
            }

            if (problems.Count > 0)
                throw ApiException.Forbidden(request.Type, request.Name, problems.Count == 1 ? problems[0] : "[" + string.Join(", ", problems) + "]");
        }
    }

    private static IEnumerable<string> Problems(JsonObject claim, string which, JsonObject? bounds, Func<decimal, decimal, bool> breaks)
    {
        foreach (var (resource, value) in bounds ?? [])
        {
            // A quantity may be written as a number.
            var bound = Amount.Parse(bounds.TextAt(resource) ?? value!.ToJsonString());
            var start = $"{which} {resource} usage per {OfClaims} is {bound}";
            if (claim.TextAt("spec", "resources", "requests", resource) is not { } text)
                yield return start + ".  No request is specified";
            else if (Amount.Parse(text) is var asked && breaks(asked.Value, bound.Value))
                yield return $"{start}, but request is {asked}";
        }
    }
}
