using System.Collections.ObjectModel;

namespace KubeVirtClone.Input;

/// <summary>Makes parameters of the fields of a request.</summary>
internal static class RequestParameters
{
    /// <summary>A parameter for each, which takes a member of its name from the pipeline too.</summary>
    public static RuntimeDefinedParameterDictionary Make(IEnumerable<RequestField> fields)
    {
        var parameters = new RuntimeDefinedParameterDictionary();
        foreach (var field in fields)
        {
            var attributes = new Collection<Attribute> { new ParameterAttribute { ValueFromPipelineByPropertyName = field.Kind != RequestFieldKind.Flag, HelpMessage = field.Help } };
            if (field.Aliases.Count > 0) attributes.Add(new AliasAttribute([.. field.Aliases]));
            if (field is { Kind: RequestFieldKind.Choice or RequestFieldKind.Choices, TakesOtherWords: false }) attributes.Add(new ValidateSetAttribute([.. field.Words]));
            parameters.Add(field.Name, new RuntimeDefinedParameter(field.Name, TypeOf(field.Kind), attributes));
        }

        return parameters;
    }

    private static Type TypeOf(RequestFieldKind kind) => kind switch
    {
        RequestFieldKind.Flag => typeof(SwitchParameter),
        RequestFieldKind.Text or RequestFieldKind.Choice => typeof(string),
        RequestFieldKind.Choices or RequestFieldKind.List => typeof(string[]),
        _ => typeof(object),
    };
}
