"""What businesses call histories and columns, in seven languages.

Phrases are parted by `|`; a `~` marks those that other things are called too. Every history is
also known by its own name and noun, and every column by its own name, so that a new history needs
no entry here. Accents, case and the way of joining words do not matter.
"""

from __future__ import annotations

TIME = (
    "~date|~timestamp|~datetime|~date time|~time|~day|~created at|~created|~event date|"
    "~event time|~occurred at|~datum|~zeitpunkt|~erstellt am|~fecha|~data|~dato|~tijdstip"
)

CUSTOMER = (
    "customer id|customer|customer number|customer no|customer nr|customer code|customer key|"
    "customer unique id|cust id|cust no|client id|client|client number|user id|user|account id|"
    "account|account number|household id|household|member id|member|contact id|subscriber id|"
    "shopper id|buyer id|buyer|guest id|consumer id|person id|patient id|"
    "kunde|kaeufer|besteller|kunden id|kundennummer|kunden nr|kdnr|kd nr|mitgliedsnummer|nutzer id|"
    "acheteur|comprador|acquirente|koper|"
    "id client|numero client|numero de client|no client|n client|code client|identifiant client|"
    "cliente|id cliente|cliente id|numero cliente|numero de cliente|codigo cliente|"
    "codigo de cliente|usuario|id usuario|"
    "id do cliente|codigo do cliente|numero do cliente|usuario id|"
    "codice cliente|utente|id utente|"
    "klant|klant id|klantnummer|klantnr|klantcode|"
    "~email|~e mail|~email address|~customer email|~billing email|~user email|~customer user"
)

TABLES = {
    "orders": (
        "orders|order|sales|transactions|purchases|invoices|receipts|baskets|order items|"
        "line items|lines|order lines|sales lines|online retail|"
        "bestellungen|auftraege|umsaetze|verkaeufe|rechnungen|positionen|bestellpositionen|"
        "commandes|ventes|achats|factures|lignes|pedidos|ventas|compras|facturas|vendas|"
        "ordini|vendite|acquisti|fatture|bestellingen|verkopen|aankopen|facturen"
    ),
    "customers": (
        "customers|customer|clients|users|accounts|members|households|demographics|contacts|"
        "shoppers|buyers|guests|subscribers|customer master|crm|kunden|kundenstamm|kundendaten|"
        "mitglieder|nutzer|"
        "clientes|usuarios|clienti|utenti|klanten|leden|gebruikers"
    ),
    "tickets": (
        "tickets|support tickets|support|cases|support cases|complaints|help desk|requests|"
        "anfragen|supportanfragen|kundenservice|kundendienst|reklamationen|demandes|reclamations|incidencias|reclamaciones|"
        "chamados|reclamacoes|segnalazioni|reclami|klachten|meldingen"
    ),
    "payments": (
        "payments|charges|payment attempts|billing|charge attempts|zahlungen|abbuchungen|"
        "paiements|pagos|cobros|pagamentos|pagamenti|betalingen"
    ),
    "messages": (
        "messages|emails|e mails|newsletters|campaigns|mailings|sends|email sends|push|"
        "notifications|nachrichten|kampagnen|campagnes|courriels|mensajes|campanas|correos|"
        "mensagens|campanhas|messaggi|campagne|berichten|mails"
    ),
    "carts": (
        "carts|checkouts|checkout sessions|abandoned carts|warenkoerbe|paniers|carritos|"
        "carrinhos|carrelli|winkelwagens"
    ),
    "surveys": (
        "surveys|survey|nps|csat|reviews|order reviews|ratings|feedback|satisfaction|umfragen|"
        "bewertungen|enquetes|avis|encuestas|resenas|opiniones|pesquisas|avaliacoes|sondaggi|"
        "recensioni|enquete|beoordelingen"
    ),
    "subscriptions": (
        "subscriptions|subscription|contracts|memberships|plans|abonnements|abos|vertraege|"
        "contrats|suscripciones|contratos|assinaturas|abbonamenti|contratti|abonnementen|contracten"
    ),
    "bookings": (
        "bookings|reservations|appointments|buchungen|reservierungen|termine|rendez vous|"
        "reservas|citas|agendamentos|prenotazioni|appuntamenti|boekingen|reserveringen|afspraken"
    ),
    "visits": (
        "visits|sessions|page views|pageviews|web visits|web sessions|clickstream|besuche|"
        "visites|visitas|visite|bezoeken"
    ),
    "loyalty": (
        "loyalty|points|rewards|loyalty points|loyalty entries|treuepunkte|punkte|fidelite|"
        "fidelidad|puntos|fidelidade|pontos|fedelta|punti|punten"
    ),
    "onboarding": "onboarding|onboarding steps|setup steps|welcome steps|einrichtung",
}

COLUMNS = {
    "orders.ordered_at": (
        "order date|ordered at|order time|order timestamp|order created at|purchase date|"
        "purchased at|purchase timestamp|date of purchase|invoice date|transaction date|"
        "transaction timestamp|transaction time|sale date|sales date|placed at|~created at|"
        "~created|~paid at|~paid date|bestelldatum|bestellt am|auftragsdatum|kaufdatum|"
        "rechnungsdatum|date commande|date de commande|date achat|date d achat|date facture|"
        "fecha pedido|fecha de pedido|fecha del pedido|fecha compra|fecha de compra|"
        "fecha factura|data pedido|data do pedido|data da compra|data compra|data ordine|"
        "data dell ordine|data acquisto|data fattura|orderdatum|besteldatum|"
        "aankoopdatum|factuurdatum|"
        "~booking date|~booked at|~booked on|~reservation date|~buchungsdatum|~gebucht am"
    ),
    "orders.amount": (
        "amount|order amount|order total|total|order value|total amount|total price|grand total|"
        "net amount|net sales|n revenue|revenue|sales value|sales amount|turnover|amount paid|"
        "total paid|purchase amount|transaction amount|line total|line amount|sales price|sales|"
        "invoice amount|invoice total|dollar value|~subtotal|~order subtotal|~price|~value|~paid|"
        "~spend|~item price|betrag|umsatz|gesamtbetrag|bestellwert|rechnungsbetrag|summe|"
        "gesamtsumme|gesamtpreis|nettobetrag|bruttobetrag|~preis|~wert|"
        "montant|montant total|total ttc|montant ttc|montant ht|chiffre d affaires|prix total|"
        "~prix|importe|importe total|monto|total pedido|valor total|~precio|valor|"
        "valor do pedido|montante|~preco|importo|importo totale|totale|totale ordine|fatturato|"
        "~prezzo|bedrag|totaal|totaalbedrag|orderbedrag|omzet|~prijs"
    ),
    "orders.order_id": (
        "order id|order number|order no|order nr|order|order ref|order reference|order name|"
        "basket id|basket|invoice id|invoice no|invoice number|invoice|transaction id|"
        "transaction number|receipt id|receipt number|receipt no|sale id|purchase id|"
        "bestellnummer|bestell id|bestell nr|bestellung|auftragsnummer|auftrag|auftrags nr|"
        "rechnungsnummer|belegnummer|bon nr|numero commande|numero de commande|no commande|"
        "id commande|commande|reference commande|numero facture|pedido|id pedido|pedido id|"
        "numero pedido|numero de pedido|factura|numero factura|id do pedido|numero do pedido|"
        "id ordine|numero ordine|ordine|codice ordine|bestelnummer|ordernummer|bestelling|"
        "factuurnummer|~booking id|~reservation id|~buchungsnummer|~name|~id"
    ),
    "orders.cost": (
        "cost|cogs|cost of goods|cost of goods sold|total cost|line cost|wareneinsatz|"
        "selbstkosten|~kosten|cout|cout des ventes|costo|coste|custo|kostprijs"
    ),
    "orders.discount": (
        "discount|discount amount|discount total|total discount|retail disc|~coupon disc|"
        "~coupons|~cart discount|rabatt|nachlass|remise|reduction|descuento|desconto|sconto|korting"
    ),
    "orders.refund_amount": (
        "refund amount|refunded amount|refund|amount refunded|total refunded|refunded total|"
        "erstattung|erstattungsbetrag|remboursement|reembolso|rimborso|terugbetaling"
    ),
    "orders.refunded_at": "refunded at|refund date|returned at|return date|erstattet am",
    "orders.channel": (
        "channel|sales channel|order channel|booking channel|~source|~source name|~origin|"
        "vertriebskanal|kanal|"
        "canal|canal de vente|canal de venta|canal de venda|canale|verkoopkanaal|kanaal"
    ),
    "orders.store": (
        "store id|store|shop|shop id|branch|outlet|~location|filiale|markt|magasin|boutique|"
        "tienda|loja|negozio|winkel|filiaal"
    ),
    "orders.items": "items|item count|number of items|items sold|n items|anzahl positionen",
    "orders.products": "products|product count|number of products|n products",
    "orders.shipping_fee": (
        "shipping|shipping fee|shipping cost|shipping total|shipping amount|order shipping|"
        "freight|freight value|delivery fee|postage|versandkosten|versand|frais de port|"
        "gastos de envio|frete|spese di spedizione|verzendkosten"
    ),
    "orders.promised_at": (
        "promised at|promised date|promised delivery|estimated delivery date|expected delivery|"
        "delivery due date|zugesagt bis"
    ),
    "orders.delivered_at": (
        "delivered at|date delivered|delivered customer date|delivery date|geliefert am|"
        "lieferdatum|date de livraison|fecha entrega|data entrega|data consegna|leverdatum"
    ),
    "orders.product_id": (
        "product id|product|sku|lineitem sku|item id|article|stock code|product code|upc|ean|"
        "artikelnummer|artikel|artikel nr|produkt|produkt id|reference produit|id produit|"
        "producto|id producto|produto|id produto|prodotto|codice articolo|artikelcode|"
        "~lineitem name|~product name"
    ),
    "orders.category": (
        "category|product category|department|product group|product subclass|product type|"
        "warengruppe|kategorie|categorie|rayon|categoria|reparto|productgroep"
    ),
    "orders.unit_price": (
        "unit price|price per unit|item price|lineitem price|price each|einzelpreis|stueckpreis|"
        "prix unitaire|precio unitario|preco unitario|prezzo unitario|stukprijs|~price"
    ),
    "orders.quantity": (
        "quantity|qty|units|lineitem quantity|number of units|pieces|menge|anzahl|stueck|quantite|"
        "cantidad|quantidade|quantita|aantal|hoeveelheid"
    ),
    "customers.customer_id": "~id",
    "customers.signed_up_at": (
        "signed up at|signup date|sign up date|signup|registered at|registration date|"
        "customer since|member since|joined at|join date|account created|first seen|"
        "acquisition date|~created at|~date created|registriert am|kunde seit|angelegt am|"
        "anmeldedatum|date inscription|date d inscription|client depuis|fecha alta|"
        "fecha de alta|fecha registro|data cadastro|data de cadastro|data registrazione|"
        "inschrijfdatum|klant sinds"
    ),
    "customers.channel": (
        "acquisition channel|channel|referral source|acquisition source|signup source|"
        "lead source|utm source|~source|herkunft|kanal|canal|canale|kanaal"
    ),
    "customers.campaign": "campaign|acquisition campaign|utm campaign|kampagne|campagne",
    "customers.acquisition_cost": "acquisition cost|cac|akquisekosten|cout d acquisition",
    "customers.country": (
        "country|country code|billing country|land|pays|pais|paese|default address country code"
    ),
    "customers.born_on": (
        "born on|birth date|birthday|date of birth|dob|geburtsdatum|date de naissance|"
        "fecha de nacimiento|data de nascimento|data di nascita|geboortedatum"
    ),
    "tickets.opened_at": (
        "opened at|submitted at|open date|opened|ticket date|reported at|eroeffnet am|"
        "eingegangen am|ouvert le|fecha apertura|data abertura|data apertura|geopend op"
    ),
    "tickets.ticket_id": "ticket number|ticket no|case id|case number|ticketnummer",
    "tickets.first_response_at": (
        "first response|first reply at|first replied at|answered at|erste antwort|"
        "premiere reponse|primera respuesta"
    ),
    "tickets.resolved_at": (
        "closed at|solved at|resolution date|close date|geschlossen am|geloest am|resolu le|"
        "resuelto"
    ),
    "tickets.rated_at": "rating date|rated on",
    "tickets.satisfaction": "satisfaction score|csat|rating|satisfaction rating",
    "tickets.topic": "kategorie|category|subject type|ticket type|type|reason|issue",
    "tickets.channel": "ticket channel|source|via|kanal|canal",
    "messages.sent_at": "sent on|sent|send date|send time|sent date|start date|versendet am",
    "messages.message_id": "email id|campaign id|send id|mailing id|kampagnen id",
    "messages.kind": "message type|campaign type|type|email type|kampagnentyp",
    "messages.medium": "channel|message channel|kanal|canal",
    "messages.ends_at": "end date|offer ends|valid until",
    "messages.opened_at": "open time|opened|open date|geoeffnet am",
    "messages.clicked_at": "click time|clicked|click date|geklickt am",
    "messages.converted_at": "conversion time|converted",
    "surveys.sent_at": "survey date|asked at|invited at|review creation date|creation date",
    "surveys.survey_id": "review id|response id",
    "surveys.answered_at": "answer timestamp|review answer timestamp|responded at|response date",
    "surveys.score": "rating|review score|stars|nps score|csat score|note|punteggio|bewertung",
    "surveys.kind": "survey type|type",
    "subscriptions.started_at": (
        "start date|started on|subscription start|begin date|starts at|valid from|beginn|"
        "date debut|fecha inicio|data inicio|data inizio|startdatum|vertragsbeginn"
    ),
    "subscriptions.subscription_id": "contract id|membership id|abo id|vertragsnummer",
    "subscriptions.plan": "plan tier|plan name|tier|product|tarif|plan id",
    "subscriptions.price": "mrr amount|mrr|monthly price|monthly amount|monthly fee|preis|prix",
    "subscriptions.billing": "billing frequency|billing period|billing interval|billing cycle",
    "subscriptions.ended_at": "end date|ended on|subscription end|ends at|valid to|ende|enddatum",
    "subscriptions.cancelled_at": "canceled at|cancellation date|cancel date|gekuendigt am",
    "subscriptions.cancel_reason": "cancellation reason|churn reason|kuendigungsgrund",
    "payments.attempted_at": "charged at|payment date|charge date|paid at|zahlungsdatum",
    "payments.succeeded": "success|successful|paid|is paid",
    "payments.payment_id": "charge id|transaction id",
    "payments.failure": "failure code|decline code|failure reason",
    "bookings.booked_at": "booking date|reservation date|reserved at|buchungsdatum|gebucht am",
    "bookings.booking_id": "reservation id|appointment id|buchungsnummer",
    "bookings.for_when": "appointment at|appointment date|arrival date|check in|starts at",
    "bookings.value": "price|amount|total|total price|total amount",
    "visits.visited_at": "visit date|session start|started at|visit time|besucht am",
    "visits.visit_id": "session id",
    "visits.source": "utm source|referrer|traffic source|medium",
    "carts.cart_id": "checkout id|checkout token|session id",
    "carts.started_at": "checkout started at",
    "carts.value": "cart value|total price|amount",
    "loyalty.entered_at": "entry date|booked at|earned at",
    "loyalty.kind": "type|entry type|transaction type",
    "loyalty.points": "points earned|punkte|puntos|pontos|punti|punten",
    "onboarding.step": "step name|stage",
    "onboarding.started_at": "step started at",
    "onboarding.finished_at": "completed at|step completed at",
}

# Traits of customers that hardly change, and so may be taken as they stand today.
TRAITS = (
    "age|age group|age band|nationality|gender|sex|income|income group|marital status|"
    "education|occupation|"
    "household size|household comp|home ownership|kids count|children|city|state|region|"
    "province|area|industry|sector|company size|language|geschlecht|alter|altersgruppe|ort|"
    "stadt|bundesland|branche|sprache|sexe|ville|secteur|langue|genero|sexo|ciudad|provincia|"
    "idioma|cidade|estado|setor|sesso|citta|regione|settore|lingua|geslacht|plaats|provincie|taal"
)

# Currencies by code, and by the signs that stand for one alone ($ is that of many).
CODES = (
    "EUR", "USD", "GBP", "CHF", "CAD", "AUD", "JPY", "SEK", "NOK", "DKK", "PLN", "BRL", "INR",
    "CNY", "TWD", "MXN", "CZK",
)  # fmt: skip
SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "zł": "PLN", "R$": "BRL", "US$": "USD", "Kč": "CZK",
         "$": None, "kr": None, "¥": None}  # fmt: skip

CURRENCY = "currency|currency code|order currency|waehrung|devise|moneda|moeda|valuta"
STATUS = (
    "status|order status|financial status|state|payment status|bestellstatus|statut|"
    "estado|situacao|stato"
)

# States of orders that were never paid for, or were taken back before they were.
NEVER_PAID = (
    "canceled|cancelled|voided|failed|pending|unpaid|expired|draft|checkout draft|trash|"
    "abandoned|unavailable|declined|pending payment|on hold|storniert|offen|annule|annulee|"
    "cancelado|anulado|pendiente|pendente|annullato|geannuleerd"
)
