using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using KubeVirtClone.Cli.Commands;
using KubeVirtClone.Cli.Input;
using KubeVirtClone.Commands;
using KubeVirtClone.Engine.Model.Requests;
using Shell = System.Management.Automation.PowerShell;

namespace KubeVirtClone.PowerShell.Tests.Rows;

/// <summary>What a front end made of one row.</summary>
internal sealed record ReadRow(IReadOnlyList<string> Requests, string? Refusal);

/// <summary>What a front end made of a table.</summary>
internal sealed record ReadTable(IReadOnlyList<ReadRow> Rows, IReadOnlyList<string> Warnings);

/// <summary>Has the module and kubectl-vmclone read the same CSV file.</summary>
internal sealed class RowReaders : IDisposable
{
    private readonly string _file = Path.GetTempFileName();
    private readonly Runspace _runspace;

    public RowReaders()
    {
        var state = InitialSessionState.CreateDefault();
        state.Commands.Add(new SessionStateCmdletEntry("Read-RequestRow", typeof(ReadRequestRowCommand), helpFileName: null));
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
    }

    /// <summary>What both make of a table, the module first.</summary>
    public (ReadTable Module, ReadTable Cli) Read(RowTable table)
    {
        File.WriteAllText(_file, table.Csv);
        return (ByModule(_file), ByCli(_file, [.. StartLines(table)]));
    }

    /// <summary>As <c>Import-Csv | New-VMClone</c> reads it.</summary>
    public ReadTable ByModule(string file) => ByModule("Import-Csv -LiteralPath $args[0]", [], file);

    /// <summary>As <c>New-VMClone</c> reads what a script writes.</summary>
    public ReadTable ByModule(string script, Dictionary<string, object> parameters, params object[] arguments)
    {
        using var import = Shell.Create(_runspace).AddScript(script);
        foreach (var argument in arguments)
            import.AddArgument(argument);
        var rows = import.Invoke().ToList();
        using var read = Shell.Create(_runspace).AddCommand("Read-RequestRow").AddParameters(parameters);
        var made = read.Invoke(rows);
        return new(
            [.. rows.Select(row => new ReadRow(
                [.. made.Select(m => (ReadRequestRowCommand.RowRequests)m.BaseObject).Where(m => IsSame(m.Row, row)).SelectMany(m => m.Requests).Select(RowMeaning.Show)],
                read.Streams.Error.Where(e => IsSame(PSObject.AsPSObject(e.TargetObject), row))
                    .Select(e => $"{e.Exception.Message} {e.ErrorDetails?.RecommendedAction}").SingleOrDefault()))],
            [.. read.Streams.Warning.Select(w => w.Message)]);
    }

    /// <summary>As <c>kubectl vmclone new -f</c> reads it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="lines">The lines its rows begin on.</param>
    public static ReadTable ByCli(string file, IReadOnlyList<int> lines)
    {
        var warnings = new List<string>();
        var reader = new CloneRequestReader(new NewInvocation { File = file }, TextReader.Null, warnings.Add);
        var requests = reader.Read();
        return new(
            [.. lines.Select(line => new ReadRow(
                [.. requests.Where(r => ((CsvRow)r.Input!).Line == line).Select(RowMeaning.Show)],
                reader.Faults.Where(f => f.TargetName == string.Create(CultureInfo.InvariantCulture, $"{file}:{line}")).Select(f => $"{f.Message} {f.RecommendedAction}").SingleOrDefault()))],
            warnings);
    }

    public void Dispose()
    {
        _runspace.Dispose();
        File.Delete(_file);
    }

    // Custom objects have one base object between them.
    private static bool IsSame(PSObject one, PSObject other) => ReferenceEquals(one, other) || one.BaseObject is not PSCustomObject && ReferenceEquals(one.BaseObject, other.BaseObject);

    private static IEnumerable<int> StartLines(RowTable table)
    {
        var line = 2;
        for (var row = 0; row < table.Rows; row++)
        {
            yield return line;
            line += 1 + table.Columns.Sum(c => c.Cells[row].Text.Count(letter => letter == '\n'));
        }
    }
}

/// <summary>Reads rows as New-VMClone does, and writes what it would ask for.</summary>
[Cmdlet(VerbsCommunications.Read, "RequestRow")]
public sealed class ReadRequestRowCommand : CloneRequestCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var before = Requests.Count;
        base.ProcessRecord();
        WriteObject(new RowRequests(InputObject!, [.. Requests.Skip(before)]));
    }

    internal sealed record RowRequests(PSObject Row, IReadOnlyList<CloneRequest> Requests);
}
