using System.CommandLine;
using KubeVirtClone.Cli.Input;
using KubeVirtClone.Cli.Output;

namespace KubeVirtClone.Cli.CommandLine;

/// <summary>Options that several commands share, made anew for each, with one spelling and one meaning.</summary>
internal static class SharedOptions
{
    /// <summary>Names; a mistyped option must not be taken for one of them.</summary>
    public static Argument<string[]> Names(string name, string description)
    {
        var argument = new Argument<string[]>(name) { Arity = ArgumentArity.ZeroOrMore, Description = description };
        argument.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => t.Value.Length > 1 && t.Value.StartsWith('-')))
                result.AddError($"unknown option {token.Value}");
        });
        return argument;
    }

    public static Option<OutputFormat> Output() => new("--output", "-o")
    {
        Description = "table, wide, json, yaml or name.",
        HelpName = "FORMAT",
        CustomParser = result => result.Tokens[0].Value switch
        {
            "table" or "" => OutputFormat.Table,
            "wide" => OutputFormat.Wide,
            "json" => OutputFormat.Json,
            "yaml" => OutputFormat.Yaml,
            "name" => OutputFormat.Name,
            var other => Refuse(result, $"-o {other}: choose one of table, wide, json, yaml, name", OutputFormat.Table),
        },
    };

    public static Option<TimeSpan?> Timeout(string description) => new("--timeout")
    {
        Description = description,
        HelpName = "DURATION",
        CustomParser = result => DurationText.TryParse(result.Tokens[0].Value, out var duration)
            ? duration
            : Refuse(result, $"--timeout {result.Tokens[0].Value}: write a duration such as 90s, 5m or 1h30m", default(TimeSpan?)),
    };

    public static Option<WaitTarget> For() => new("--for")
    {
        Description = "State to wait for: succeeded, bound (its volumes are really there) or running.",
        HelpName = "STATE",
        CustomParser = result => result.Tokens[0].Value.ToLowerInvariant() switch
        {
            // "condition=Ready" is what KubeVirt's own guide says for kubectl wait; Ready turns true at phase Succeeded.
            "succeeded" or "ready" or "condition=ready" => WaitTarget.Succeeded,
            "bound" => WaitTarget.Bound,
            "running" => WaitTarget.Running,
            var other => Refuse(result, $"--for {other}: choose one of succeeded, bound, running", WaitTarget.Succeeded),
        },
    };

    public static Option<DryRunMode> DryRun(string description) => new("--dry-run")
    {
        Description = description,
        HelpName = "MODE",
        CustomParser = result => result.Tokens[0].Value switch
        {
            "none" => DryRunMode.None,
            "client" => DryRunMode.Client,
            "server" => DryRunMode.Server,
            var other => Refuse(result, $"--dry-run {other}: choose one of none, client, server", DryRunMode.None),
        },
    };

    public static Option<bool> AllNamespaces() => new("--all-namespaces", "-A")
    {
        Description = "In all namespaces.",
    };

    public static Option<string?> Selector() => new("--selector", "-l")
    {
        Description = "Only clones whose labels match, as in kubectl: key=value,key2!=value2,key3 in (a,b).",
        HelpName = "SELECTOR",
    };

    public static Option<string?> Batch(string description) => new("--batch")
    {
        Description = description,
        HelpName = "BATCH",
    };

    public static Option<int?> WholeNumber(string name, string description, int least, int most) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result => int.TryParse(result.Tokens[0].Value, out var value) && value >= least && value <= most
            ? value
            : Refuse(result, $"{name} {result.Tokens[0].Value}: write a whole number from {least} to {most}", default(int?)),
    };

    public static Option<string[]> Repeatable(string name, string description, string helpName) => new(name)
    {
        Description = description + "; may be repeated.",
        HelpName = helpName,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    private static T Refuse<T>(System.CommandLine.Parsing.ArgumentResult result, string message, T value)
    {
        result.AddError(message);
        return value;
    }
}

/// <summary>The values of --for.</summary>
internal enum WaitTarget
{
    Succeeded,
    Bound,
    Running,
}

/// <summary>The values of --dry-run.</summary>
internal enum DryRunMode
{
    None,
    Client,
    Server,
}
