using System.CommandLine;
using System.Globalization;

namespace KubeVirtClone.Cli.CommandLine;

/// <summary>Options that several commands share, made anew for each, with one spelling and one meaning.</summary>
internal static class SharedOptions
{
    /// <summary>Names; a mistyped option must not be taken for one of them.</summary>
    public static Argument<string[]> Names(string name, string description, ArgumentArity? arity = null) =>
        NoOption(new Argument<string[]>(name) { Arity = arity ?? ArgumentArity.ZeroOrMore, Description = description });

    /// <summary>A name; a mistyped option must not be taken for it.</summary>
    public static Argument<string> Name(string name, string description) => NoOption(new Argument<string>(name) { Description = description });

    private static T NoOption<T>(T argument)
        where T : Argument
    {
        argument.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => t.Value.Length > 1 && t.Value.StartsWith('-')))
                result.AddError($"unknown option {token.Value}");
        });
        return argument;
    }

    public static Option<OutputFormat> Output(string more = "") => Offering(OutputFormat.Names, new Option<OutputFormat>("--output", "-o")
    {
        Description = $"table, wide, json, yaml, name, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,... {more}".TrimEnd(),
        HelpName = "FORMAT",
        CustomParser = result =>
        {
            try
            {
                return OutputFormat.Parse(result.Tokens[0].Value);
            }
            catch (FormatException e)
            {
                return Refuse(result, $"-o {result.Tokens[0].Value}: {e.Message}", OutputFormat.Table);
            }
        },
    });

    public static Option<TimeSpan?> Timeout(string description) => Duration("--timeout", description);

    public static Option<TimeSpan?> Duration(string name, string description, bool recursive = false) => new(name)
    {
        Description = description,
        HelpName = "DURATION",
        Recursive = recursive,
        CustomParser = result => Durations.TryParse(result.Tokens[0].Value, out var duration)
            ? duration
            : Refuse(result, $"{name} {result.Tokens[0].Value}: write a duration such as 90s, 5m or 1h30m", default(TimeSpan?)),
    };

    /// <summary>--dry-run, for commands that have nothing to say without a server.</summary>
    public static Option<DryRunMode> ServerDryRun() => Offering(["none", "server"], new Option<DryRunMode>("--dry-run")
    {
        Description = "server asks the server whether it would do it, and does nothing.",
        HelpName = "MODE",
        CustomParser = result => result.Tokens[0].Value switch
        {
            "none" => DryRunMode.None,
            "server" => DryRunMode.Server,
            var other => Refuse(result, $"--dry-run {other}: choose one of none, server", DryRunMode.None),
        },
    });

    /// <summary>KEY=VALUE, any number of times.</summary>
    public static Option<Dictionary<string, string>?> Pairs(string name, string description) => new(name)
    {
        Description = description + "; may be repeated.",
        HelpName = "KEY=VALUE",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        CustomParser = result =>
        {
            var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var token in result.Tokens)
            {
                var end = token.Value.IndexOf('=', StringComparison.Ordinal);
                if (end <= 0)
                    return Refuse(result, $"{name} {token.Value}: write KEY=VALUE", default(Dictionary<string, string>));
                pairs[token.Value[..end]] = token.Value[(end + 1)..];
            }

            return pairs;
        },
    };

    /// <summary>One of the names of an enum, in any case.</summary>
    public static Option<T> Choice<T>(string name, string description)
        where T : struct, Enum => Offering(Lower(Enum.GetNames<T>()), new Option<T>(name)
        {
            Description = description,
            HelpName = "CHOICE",
            CustomParser = result => Enum.GetNames<T>().FirstOrDefault(n => n.Equals(result.Tokens[0].Value, StringComparison.OrdinalIgnoreCase)) is { } known
                ? Enum.Parse<T>(known)
                : Refuse(result, $"{name} {result.Tokens[0].Value}: choose one of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}", default(T)),
        });

    public static Option<WaitState> For() => Offering(["succeeded", "bound", "running"], new Option<WaitState>("--for")
    {
        Description = "State to wait for: succeeded, bound (its volumes are really there) or running.",
        HelpName = "STATE",
        CustomParser = result => result.Tokens[0].Value.ToLowerInvariant() switch
        {
            // "condition=Ready" is what KubeVirt's own guide says for kubectl wait; Ready turns true at phase Succeeded.
            "succeeded" or "ready" or "condition=ready" => WaitState.Succeeded,
            "bound" => WaitState.Bound,
            "running" => WaitState.Running,
            var other => Refuse(result, $"--for {other}: choose one of succeeded, bound, running", WaitState.Succeeded),
        },
    });

    public static Option<DryRunMode> DryRun(string description) => Offering(["none", "client", "server"], new Option<DryRunMode>("--dry-run")
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
    });

    public static Option<bool> AllNamespaces() => new("--all-namespaces", "-A")
    {
        Description = "In all namespaces.",
    };

    public static Option<string?> Selector(string items = "clones") => new("--selector", "-l")
    {
        Description = $"Only {items} whose labels match, as in kubectl: key=value,key2!=value2,key3 in (a,b).",
        HelpName = "SELECTOR",
    };

    public static Option<string?> FieldSelector() => new("--field-selector")
    {
        Description = "Only objects whose fields match, as in kubectl: metadata.name=web-1.",
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
        CustomParser = result => int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
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

    /// <summary>The values that a shell offers for an option, spelled as people type them.</summary>
    private static Option<T> Offering<T>(IEnumerable<string> values, Option<T> option)
    {
        option.CompletionSources.Clear();
        option.CompletionSources.Add([.. values]);
        return option;
    }

    private static IEnumerable<string> Lower(IEnumerable<string> names) => names.Select(n => n.ToLowerInvariant()).Where(n => n != "none");

    private static T Refuse<T>(System.CommandLine.Parsing.ArgumentResult result, string message, T value)
    {
        result.AddError(message);
        return value;
    }
}

/// <summary>The values of --dry-run.</summary>
internal enum DryRunMode
{
    None,
    Client,
    Server,
}
