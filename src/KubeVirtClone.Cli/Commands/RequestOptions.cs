using System.CommandLine;
using System.CommandLine.Parsing;
using KubeVirtClone.Engine.Knowledge.Rows;

namespace KubeVirtClone.Cli.Commands;

/// <summary>An option for every field of a request: what the table of fields says of it is all there is to say.</summary>
internal sealed class RequestOptions
{
    private readonly List<(RequestField Field, Option Option)> _options = [.. RequestFields.All.Select(f => (f, Make(f)))];

    public IEnumerable<Option> All => _options.Select(o => o.Option);

    /// <summary>What the options given say.</summary>
    public RequestValues Bind(ParseResult parsed) =>
        _options.Aggregate(RequestValues.None, (values, o) => parsed.GetResult(o.Option) is null ? values : values.With(o.Field, Value(parsed, o.Field, o.Option)));

    private static Option Make(RequestField field) => field switch
    {
        { Kind: RequestFieldKind.Flag } or { OptionWord: not null } => new Option<bool>(field.Option) { Description = field.Help },
        { Kind: RequestFieldKind.List or RequestFieldKind.Patches } => SharedOptions.Repeatable(field.Option, field.Help, field.ValueName),
        _ => new Option<object?>(field.Option)
        {
            Description = IsRepeatable(field) && field.Kind != RequestFieldKind.Choices ? field.Help + "; may be repeated." : field.Help,
            HelpName = field.ValueName,
            Arity = IsRepeatable(field) ? ArgumentArity.OneOrMore : ArgumentArity.ExactlyOne,
            AllowMultipleArgumentsPerToken = false,
            CustomParser = result => Parse(field, result),
        },
    };

    private static bool IsRepeatable(RequestField field) => field.Kind is RequestFieldKind.Choices or RequestFieldKind.Table or RequestFieldKind.Macs or RequestFieldKind.Disks or RequestFieldKind.DiskSizes;

    private static object? Parse(RequestField field, ArgumentResult result)
    {
        try
        {
            var words = result.Tokens.Select(t => t.Value).ToArray();
            // A text on a command line is meant as it is, an empty one too.
            return field.Kind == RequestFieldKind.Text ? words[0] : FieldText.Parse(field, IsRepeatable(field) ? words : words[0]);
        }
        catch (RequestFaultException e)
        {
            result.AddError($"{field.Option}: {ShellWords.Line(e.Line)}");
            return null;
        }
    }

    private static object? Value(ParseResult parsed, RequestField field, Option option) => option switch
    {
        Option<bool> flag => !parsed.GetValue(flag) ? null : field.OptionWord is { } word ? word : true,
        Option<string[]> list => (IReadOnlyList<string>?)parsed.GetValue(list),
        Option<object?> other => parsed.GetValue(other),
        _ => null,
    };
}
