using System.Collections;
using System.Reflection;
using KubeVirtClone.Engine.Knowledge.Rows;

namespace KubeVirtClone.Input;

/// <summary>
/// Between what PowerShell has and the fields of a request: the members of a <see cref="VMCloneRequest"/>, of its copy out of a file, of a table or a
/// custom object. A field that the record has no member for is a note on it.
/// </summary>
internal static class RequestRecord
{
    private static readonly Dictionary<string, PropertyInfo> Members = typeof(VMCloneRequest).GetProperties().ToDictionary(p => p.Name, StringComparer.Ordinal);

    /// <summary>What a record says of the clone; a flag that is false says nothing.</summary>
    /// <exception cref="Engine.Model.Results.RequestFaultException">A value is none of its field.</exception>
    public static RequestValues WishesOf(object record) => RequestFields.All.Aggregate(
        RequestValues.None, (values, field) => values.With(field, FieldText.Parse(field, Read(field, record)) is var value && value is false ? null : value));

    /// <summary>Puts values into a record.</summary>
    public static void Write(VMCloneRequest record, RequestValues values)
    {
        foreach (var field in RequestFields.All)
        {
            if (values[field] is not { } value) continue;
            if (Members.TryGetValue(field.Name, out var member))
                member.SetValue(record, Convert(value, Nullable.GetUnderlyingType(member.PropertyType) ?? member.PropertyType));
            else
                PSObject.AsPSObject(record).Properties.Add(new PSNoteProperty(field.Name, Convert(value, typeof(object))));
        }
    }

    /// <summary>A value as the engine reads it: without PowerShell's wrappers, objects as tables, patches as JSON.</summary>
    public static object? Plain(RequestField field, object? value)
    {
        var bare = value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
        return bare switch
        {
            null => null,
            SwitchParameter flag => flag.IsPresent,
            // An enum out of a file is a number that knows its name.
            _ when field.Kind == RequestFieldKind.Choice => value!.ToString(),
            IDictionary or PSObject when field.Kind == RequestFieldKind.Patches => PowerShellJson.Write(bare),
            IDictionary table => TextTable.Read(table),
            PSObject record => record.Properties.ToDictionary(p => p.Name, p => p.Value?.ToString() ?? "", StringComparer.Ordinal),
            string text => text,
            IEnumerable list => list.Cast<object?>().Select(item => field.Kind == RequestFieldKind.Patches ? Plain(field, item) : item?.ToString()).ToArray(),
            _ when field.Kind is RequestFieldKind.Choices => value!.ToString(),
            _ => bare,
        };
    }

    private static object? Read(RequestField field, object record) =>
        Plain(field, record is VMCloneRequest && Members.TryGetValue(field.Name, out var member) ? member.GetValue(record) : PropertyReader.GetAsIs(record, field.Name));

    private static object Convert(object value, Type type) => value switch
    {
        IReadOnlyDictionary<string, string> table => new Hashtable(table.ToDictionary(e => e.Key, e => e.Value, StringComparer.Ordinal), StringComparer.Ordinal),
        IReadOnlyList<string> list => list.ToArray(),
        string text when type.IsEnum => Enum.TryParse(type, text, ignoreCase: true, out var choice) ? choice! : Activator.CreateInstance(type)!,
        _ => value,
    };
}
