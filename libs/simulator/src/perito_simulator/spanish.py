"""The style of one program in Spanish that keeps all books: names of files and columns, decimal comma, d/m/Y."""

from collections.abc import Mapping

from perito_simulator.dialects import Dialect

FILES: Mapping[str, str] = {
    "products": "articulos",
    "suppliers": "proveedores",
    "locations": "almacenes",
    "users": "empleados",
    "customers": "clientes",
    "tills": "cajas",
    "lanes": "rutas",
    "promotions": "promociones",
    "calendars": "calendario",
    "approval_limits": "limites_aprobacion",
    "purchases": "pedidos_compra",
    "receipts": "albaranes",
    "invoices": "facturas_lineas",
    "invoice_documents": "facturas",
    "transfers": "traspasos",
    "movements": "kardex",
    "sales": "ventas",
    "drawers": "aperturas_cajon",
    "sale_documents": "tickets",
    "shifts": "turnos",
    "count_sessions": "inventarios",
    "counts": "inventarios_lineas",
    "count_schedule": "inventarios_previstos",
    "inventory": "existencias",
}
"""File by feed."""

_HEADERS = """
    accepted=Aceptado
    address=Dirección
    amount=Importe máximo
    approved_by=Autorizado por
    approver=Aprobado por
    balance_after=Saldo
    bank_account=IBAN
    base_uom=Unidad
    capacity_units=Capacidad
    card=Id tarjeta
    category=Familia
    city=Ciudad
    closed_at=Cierre
    closes_at=Hora cierre
    count_session=Inventario
    counted_cash=Efectivo contado
    counted_qty=Contado
    counter=Contador
    created_at=Fecha alta
    created_by=Creado por
    currency=Divisa
    customer=Cliente
    day=Día
    discount=Descuento
    document=Documento
    document_type=Tipo documento
    employee=Empleado cliente
    ended_at=Fin
    ends=Hasta
    expected_cash=Efectivo esperado
    from_location=Almacén origen
    gtin=Código de barras
    hired=Fecha ingreso
    holiday=Festivo
    in_ts=Fecha entrada
    invoiced_at=Fecha factura
    limit_id=Límite
    line=Línea
    line_total=Importe
    list_price=Precio tarifa
    location=Almacén
    movement=Movimiento
    name=Nombre
    number=Número
    opened=Fecha apertura
    opened_at=Apertura
    opening_cash=Efectivo inicial
    opening_float=Fondo de caja
    opens_at=Hora apertura
    ordered_at=Fecha pedido
    original_document=Ticket original
    original_line=Línea original
    out_ts=Fecha salida
    perishable=Perecedero
    phone=Teléfono
    posted_at=Fecha registro
    price=Precio promoción
    price_override=Precio modificado
    product=Artículo
    promised_at=Fecha prometida
    promotion=Promoción
    purchase_document=Pedido
    purchase_line=Línea pedido
    qty=Cantidad
    qty_changed=Cantidad modificada
    qty_in=Cantidad recibida
    qty_out=Cantidad enviada
    quoted_lead_days=Plazo entrega
    reason=Motivo
    receipt_document=Albarán
    receiver=Recibido por
    recount_qty=Reconteo
    recounter=Recontador
    ref_id=Referencia
    ref_line=Línea referencia
    ref_type=Tipo referencia
    rejected=Rechazado
    reported_variance=Diferencia
    requester=Solicitante
    reversal_of=Anula a
    role=Puesto
    scheduled_at=Fecha prevista
    sender=Enviado por
    series=Serie
    shift=Turno
    since=Cliente desde
    snapshot_date=Fecha existencia
    started_at=Inicio
    starts=Desde
    status=Estado
    subtotal=Base
    supplier=Proveedor
    system_qty=Teórico
    tax=IVA
    tax_id=NIF
    tender=Forma de pago
    tendered_at=Fecha cobro
    till=Caja
    timezone=Zona horaria
    to_location=Almacén destino
    total=Total
    trading=Abierto
    transfer=Traspaso
    transit_days=Días de tránsito
    trip_cost=Coste viaje
    ts=Fecha
    type=Tipo
    unit_cost=Coste unitario
    unit_price=Precio
    units_per_pack=Unidades por caja
    user=Usuario
    value_after=Saldo valor
    value_delta=Valor
    void_stage=Tipo anulación
    voided_at=Fecha anulación
"""

PROGRAM = Dialect(
    delimiter=";",
    decimal=",",
    date="%d/%m/%Y",
    end="\r\n",
    headers={
        column.strip(): label for column, _, label in (line.partition("=") for line in _HEADERS.strip().splitlines())
    },
    words={
        "movement_type": ("compra", "traspaso_entrada", "venta", "devolucion", "merma", "traspaso_salida", "ajuste"),
        "sale_type": ("venta", "devolucion", "anulacion", "apertura_cajon"),
        "void_stage": ("linea", "antes_pago", "despues_pago"),
        "tender": ("tarjeta", "efectivo", "vale"),
        "order_status": ("recibido", "parcial", "abierto"),
        "transfer_status": ("recibido", "enviado"),
        "location_type": ("almacen", "tienda"),
        "count_type": ("ciclico",),
        "count_status": ("contabilizado",),
        "approved": ("orden_compra",),
        "yes_no": ("no", "sí"),
    },
)
"""How that program writes."""
