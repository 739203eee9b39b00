using System.Collections;
using System.Management.Automation;

namespace KubeVirtClone.Input;

/// <summary>
/// Tells values of the command line from values that came through the pipeline, which the binder mixes. Cells of a table
/// follow other rules: empty means absent, and a list is written with semicolons.
/// </summary>
internal sealed class BoundValues
{
    private readonly HashSet<string> _commandLine;
    private readonly PSObject? _input;
    private readonly PipedObject _piped;

    /// <param name="commandLine">Names of the parameters that were bound before the first object came.</param>
    /// <param name="input">The object piped in this turn.</param>
    /// <param name="piped">What it is.</param>
    public BoundValues(HashSet<string> commandLine, PSObject? input, PipedObject piped)
    {
        _commandLine = commandLine;
        _input = input;
        _piped = piped;
    }

    /// <summary>The value if it was given on the command line; else empty.</summary>
    public string[] GivenNames(string parameter, string[]? value) => _commandLine.Contains(parameter) ? value ?? [] : [];

    /// <summary>
    /// The value if it came with the object, by a script block or by a property of a row. What a recognised object has of the
    /// same name is not meant: a virtual machine's Name is no target name.
    /// </summary>
    public string[] PipedNames(string parameter, string[]? value)
    {
        if (_commandLine.Contains(parameter) || value is null) return [];
        var isOwn = value is [var single] && _piped.OwnProperties.Any(property => PropertyReader.GetText(_input, property) == single);
        return isOwn ? [] : Cells(value);
    }

    /// <summary>A list: as given on the command line, or out of a cell.</summary>
    public string[]? List(string parameter, string[]? value) => Of(parameter, value, cell => Cells(cell) is { Length: > 0 } items ? items : null);

    /// <summary>Texts that are never split, because they may hold semicolons themselves.</summary>
    public string[]? Whole(string parameter, string[]? value) =>
        Of(parameter, value, cell => cell.Where(item => !string.IsNullOrWhiteSpace(item)).ToArray() is { Length: > 0 } items ? items : null);

    /// <summary>A text.</summary>
    public string? Text(string parameter, string? value) => Of(parameter, value, cell => string.IsNullOrWhiteSpace(cell) ? null : cell.Trim());

    /// <summary>A table.</summary>
    public Hashtable? Table(string parameter, IDictionary? value) => value is null ? null : Of<Hashtable>(parameter, value as Hashtable ?? new Hashtable(value), table => table);

    /// <summary>One of a closed list. A virtual machine has a property of that name, and says with it what it is, not what its clone is to be.</summary>
    public T? Choice<T>(string parameter, T? value)
        where T : struct => _commandLine.Contains(parameter) || _piped.Kind == PipedKind.Row ? value : null;

    /// <summary>A recognised object brings its own values along; those bound from its properties by name are not meant.</summary>
    private T? Of<T>(string parameter, T? value, Func<T, T?> fromPipeline)
        where T : class
    {
        if (value is null || _commandLine.Contains(parameter)) return value;
        return _piped.Kind == PipedKind.Retry ? null : fromPipeline(value);
    }

    private static string[] Cells(string[] value) =>
        [.. value.SelectMany(cell => (cell ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
}
