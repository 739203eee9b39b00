namespace KubeVirtClone.Sandbox.Http;

/// <summary>Answers what a user may do: SelfSubjectAccessReview, SelfSubjectRulesReview, SubjectAccessReview, SelfSubjectReview.</summary>
internal sealed class AccessReviews(Authorizer authorizer)
{
    /// <summary>The review with its status; null when the resource is no review.</summary>
    public JsonObject? Answer(ApiCall call, JsonObject review)
    {
        var kind = call.Path.Resource switch
        {
            "selfsubjectaccessreviews" => "SelfSubjectAccessReview",
            "subjectaccessreviews" => "SubjectAccessReview",
            "selfsubjectrulesreviews" => "SelfSubjectRulesReview",
            "selfsubjectreviews" => "SelfSubjectReview",
            _ => null,
        };
        if (kind is null)
            return null;
        var spec = review["spec"] as JsonObject ?? [];
        var answer = new JsonObject
        {
            ["kind"] = kind,
            ["apiVersion"] = call.Path.Group + "/" + call.Path.Version,
            ["metadata"] = new JsonObject(),
        };
        if (kind != "SelfSubjectReview")
            answer["spec"] = spec.DeepClone();
        answer["status"] = kind switch
        {
            "SelfSubjectRulesReview" => Rules(call.User, spec.TextAt("namespace")),
            "SelfSubjectReview" => new JsonObject
            {
                ["userInfo"] = new JsonObject { ["username"] = call.User.Name, ["groups"] = JsonAccess.StringArray(call.User.Groups) },
            },
            _ => Access(kind == "SubjectAccessReview" ? Subject(spec) : call.User, spec),
        };
        return answer;
    }

    private static CallUser Subject(JsonObject spec) => new(spec.TextAt("user") ?? "", spec.TextsAt("groups"));

    private JsonObject Access(CallUser user, JsonObject spec)
    {
        if (spec["nonResourceAttributes"] is JsonObject path)
            return new JsonObject { ["allowed"] = Authorizer.AllowsPath(user, path.TextAt("path") ?? "") };
        if (spec["resourceAttributes"] is not JsonObject wanted)
        {
            throw ApiException.Invalid(
                "authorization.k8s.io",
                "SelfSubjectAccessReview",
                "",
                [new ApiCause("spec.resourceAttributes", "FieldValueInvalid", "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified")]);
        }

        var ns = wanted.TextAt("namespace");
        return new JsonObject
        {
            ["allowed"] = authorizer.Allows(user, new ApiPath
            {
                Verb = wanted.TextAt("verb") ?? "",
                IsResource = true,
                Group = wanted.TextAt("group") ?? "",
                Resource = wanted.TextAt("resource") ?? "",
                Subresource = wanted.TextAt("subresource") ?? "",
                Name = wanted.TextAt("name") ?? "",
                Namespace = string.IsNullOrEmpty(ns) ? null : ns,
            }),
        };
    }

    private JsonObject Rules(CallUser user, string? ns)
    {
        var rules = new JsonArray();
        IEnumerable<PolicyRule> held = user.IsAdmin
            ? [new PolicyRule { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] }]
            : authorizer.RulesOf(user, ns);
        foreach (var rule in held)
        {
            var item = new JsonObject
            {
                ["verbs"] = JsonAccess.StringArray(rule.Verbs),
                ["apiGroups"] = JsonAccess.StringArray(rule.ApiGroups),
                ["resources"] = JsonAccess.StringArray(rule.Resources),
            };
            if (rule.ResourceNames.Count > 0)
                item["resourceNames"] = JsonAccess.StringArray(rule.ResourceNames);
            rules.Add((JsonNode)item);
        }

        return new JsonObject { ["resourceRules"] = rules, ["nonResourceRules"] = new JsonArray(), ["incomplete"] = false };
    }
}
